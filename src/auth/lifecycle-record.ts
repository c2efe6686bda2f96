/** A verdict of WhatsApp that outlives the process. */
export interface StandingVerdict {
  /** What it was. */
  kind: 'restricted' | 'rate_limited'
  /** When it ends; `null` when nobody said. */
  until: Date | null
}

/** What the library remembers of a session beside its credentials. */
export interface Lifecycle {
  /** Whether the session is wanted. */
  desired: 'running' | 'stopped'
  /** When the device was found unlinked; `null` when it was not. */
  loggedOutAt: Date | null
  /** A ban or a rate limit. */
  verdict: StandingVerdict | null
  /** Names the identity this speaks of; for another one it is void. `null`: none was stored. */
  identity: string | null
}

/** What is remembered of a session about which nothing is stored. */
export function freshLifecycle(identity: string | null): Lifecycle {
  return { desired: 'running', loggedOutAt: null, verdict: null, identity }
}

/** The text of a lifecycle record. */
export function encodeLifecycle(lifecycle: Lifecycle): string {
  return JSON.stringify({ version: 1, ...lifecycle })
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Reads the text of a lifecycle record; `null` when it is not one. */
export function decodeLifecycle(text: string): Lifecycle | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isObject(value) || (value['desired'] !== 'running' && value['desired'] !== 'stopped')) return null
  return {
    desired: value['desired'],
    loggedOutAt: readDate(value['loggedOutAt']),
    verdict: readVerdict(value['verdict']),
    identity: typeof value['identity'] === 'string' ? value['identity'] : null,
  }
}

function readVerdict(value: unknown): StandingVerdict | null {
  if (!isObject(value) || (value['kind'] !== 'restricted' && value['kind'] !== 'rate_limited')) return null
  return { kind: value['kind'], until: readDate(value['until']) }
}

function readDate(value: unknown): Date | null {
  const date = typeof value === 'string' ? new Date(value) : null
  return date !== null && !Number.isNaN(date.getTime()) ? date : null
}
