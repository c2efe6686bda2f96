import { countOrNull, parseFields, textOrNull } from './text-fields.js'

/** What a process tells the others of itself. */
export interface MemberCard {
  /** When it joined, in milliseconds since the epoch, by its own clock. */
  readonly joinedAt: number
  /** Where it is reached; `null` when it did not say. */
  readonly address: string | null
  /** How many sessions it runs at most; `null`: as many as come. */
  readonly maxSessions: number | null
  /** Whether it takes sessions that nobody runs. */
  readonly takes: boolean
  /** Whether it hands all its sessions over. */
  readonly draining: boolean
  /** Sessions that were offered to it and that it can start now. */
  readonly ready: readonly string[]
}

/** The text to announce. */
export function encodeCard({ joinedAt, address, maxSessions, takes, draining, ready }: MemberCard): string {
  return JSON.stringify({ joinedAt, address, maxSessions, takes, draining, ready })
}

/**
 * Reads what a process announced; `null` when it is damaged. Fields that are unknown here are ignored. One that is missing, or not
 * understood, makes sure that the process is given nothing that it did not ask for.
 */
export function parseCard(text: string): MemberCard | null {
  const fields = parseFields(text)
  if (fields === null) return null
  const ready: unknown = fields.get('ready')
  return {
    joinedAt: countOrNull(fields.get('joinedAt')) ?? 0,
    address: textOrNull(fields.get('address')),
    maxSessions: readLimit(fields.get('maxSessions') ?? null),
    takes: fields.get('takes') === true,
    draining: fields.get('draining') === true,
    ready: Array.isArray(ready) ? ready.filter((sessionId) => typeof sessionId === 'string') : [],
  }
}

/** A limit that is not understood is a limit all the same. */
function readLimit(value: unknown): number | null {
  return value === null ? null : (countOrNull(value) ?? 0)
}
