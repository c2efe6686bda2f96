/** What tells a {@link FakeBoom} apart, beside its message. */
export interface FakeBoomOptions {
  /** What Baileys puts into `output.statusCode`. */
  statusCode: number
  /** The stanza, its attributes, or the error behind it, as Baileys would attach it. */
  data?: unknown
}

/**
 * An error of the shape that Baileys closes a socket with: a Boom, without the dependency. Its numbers are
 * `lastDisconnect.error.output.statusCode`.
 */
export class FakeBoom extends Error {
  /** True, as on every Boom. */
  readonly isBoom: boolean = true
  /** True from 500 on. */
  readonly isServer: boolean
  /** What Baileys attached: a stanza, its attributes, or an error. */
  readonly data: unknown
  /** Holds the status code. */
  readonly output: {
    /** The code that Baileys reports. */
    statusCode: number
    /** What Boom would send as an answer. */
    payload: Record<string, unknown>
    /** Always empty. */
    headers: Record<string, string>
  }

  /** Makes an error as Baileys makes it. */
  constructor(message: string, options: FakeBoomOptions) {
    super(message)
    const { statusCode, data } = options
    this.isServer = statusCode >= 500
    this.data = data ?? null
    this.output = { statusCode, payload: { statusCode, error: message, message }, headers: {} }
  }
}

/**
 * Why a fake socket closes: a status code, with or without the message and data that Baileys would give it, or an
 * error to be reported as it is.
 */
export type FakeCloseReason = number | FakeCloseDetails | Error

/** A close in detail. */
export interface FakeCloseDetails {
  /** The status code. */
  code: number
  /**
   * The message.
   * @defaultValue what Baileys says for this code
   */
  message?: string
  /**
   * The stanza or its attributes.
   * @defaultValue what Baileys attaches for this code
   */
  data?: unknown
}

/** Turns a reason into the error that Baileys would report for it. */
export function closeError(reason: FakeCloseReason): Error {
  if (reason instanceof Error) return reason
  const { code, message, data }: FakeCloseDetails = typeof reason === 'number' ? { code: reason } : reason
  const usual = usualClose(code)
  return new FakeBoom(message ?? usual.message, { statusCode: code, data: data === undefined ? usual.data : data })
}

/** What Baileys 7.0.0-rc14 says when the server closes with this code. */
function usualClose(code: number): { message: string; data?: unknown } {
  switch (code) {
    case 401:
      return { message: 'Stream Errored (conflict)', data: { tag: 'conflict', attrs: { type: 'device_removed' } } }
    case 440:
      return { message: 'Stream Errored (conflict)', data: { tag: 'conflict', attrs: { type: 'replaced' } } }
    case 408:
      return { message: 'Connection was lost' }
    case 411:
      return { message: 'Multi-device beta not joined' }
    case 428:
      return { message: 'Connection Terminated by Server' }
    case 515:
      return { message: 'Stream Errored (restart required)', data: streamErrorNode(code) }
    case 500:
    case 503:
    case 516:
      return { message: 'Stream Errored (unknown)', data: streamErrorNode(code) }
    default:
      return { message: 'Connection Failure', data: { reason: String(code) } }
  }
}

function streamErrorNode(code: number): { tag: string; attrs: Record<string, string> } {
  return { tag: 'stream:error', attrs: { code: String(code) } }
}
