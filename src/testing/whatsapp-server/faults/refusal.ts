import { checkDelay } from '../timers.js'

/** How new connections are refused. */
export interface RefusalOptions {
  /**
   * `http` answers the websocket upgrade with a status, `reset` accepts TCP and resets it, `listen` closes the
   * listening port, so that clients see ECONNREFUSED. Default `http`.
   */
  how?: 'http' | 'reset' | 'listen'
  /** The status for `http`, such as 503, 429 or 401. Default 503. */
  status?: number
}

/** A refusal that is in force. */
export interface Refusal {
  readonly how: 'http' | 'reset' | 'listen'
  readonly status: number
}

/** Fills in the defaults. Throws `RangeError` for a value out of range. */
export function toRefusal(durationMs: number, options: RefusalOptions): Refusal {
  const { how = 'http', status = 503 } = options
  if (durationMs !== Infinity) checkDelay('durationMs', durationMs)
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError(`status must be an HTTP status from 200 to 599, got ${status}`)
  return { how, status }
}
