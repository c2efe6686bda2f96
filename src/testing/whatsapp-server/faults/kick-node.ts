import { checkDelay } from '../timers.js'
import { SERVER_JID, stanza, type BinaryNode } from '../wire/binary-node.js'

/** How the server throws a client out. */
export interface Kick {
  /** The code that WhatsApp would name: 401, 403, 405, 409, 411, 419, 440, 500, 503, 515, 516, … Default 500. */
  code?: number
  /**
   * The stanza that carries it. Default `failure` for 402, 403, 405, 406, 409 and 411, else `stream:error`.
   * `xmlstreamend` and `downgrade` (`downgrade_webclient`) carry no code.
   */
  via?: 'stream:error' | 'failure' | 'xmlstreamend' | 'downgrade'
  /** The type of the conflict in a `stream:error`; `null` for none. Default `replaced` for 440 and `device_removed` for 401. */
  conflict?: string | null
  /** More attributes, which win over those above. */
  attributes?: Record<string, string>
  /** How long the websocket stays open afterwards, in milliseconds; `null` leaves it open. Default 0. */
  closeAfterMs?: number | null
}

const CODES_SENT_AS_FAILURE = [402, 403, 405, 406, 409, 411]

/** A code alone stands for the kick with that code. Throws `RangeError` for a code or a time that is none. */
export function toKick(kick: Kick | number): Kick {
  const full = typeof kick === 'number' ? { code: kick } : kick
  if (full.code !== undefined && (!Number.isInteger(full.code) || full.code < 100 || full.code > 999)) {
    throw new RangeError(`code must be a whole number from 100 to 999, got ${full.code}`)
  }
  if (typeof full.closeAfterMs === 'number') checkDelay('closeAfterMs', full.closeAfterMs)
  return full
}

/** The stanza for a kick. */
export function kickNode(kick: Kick): BinaryNode {
  const { code = 500, attributes = {} } = kick
  const via = kick.via ?? (CODES_SENT_AS_FAILURE.includes(code) ? 'failure' : 'stream:error')
  switch (via) {
    case 'failure':
      return stanza('failure', { reason: String(code), location: 'lla', ...attributes })
    case 'xmlstreamend':
      return stanza('xmlstreamend')
    case 'downgrade':
      return stanza('ib', { from: SERVER_JID }, [stanza('downgrade_webclient')])
    case 'stream:error':
      return streamError(code, kick.conflict === undefined ? usualConflict(code) : kick.conflict, attributes)
  }
}

function streamError(code: number, conflict: string | null, attributes: Record<string, string>): BinaryNode {
  const attrs = code === 440 ? attributes : { code: String(code), ...attributes }
  return stanza('stream:error', attrs, conflict === null ? undefined : [stanza('conflict', { type: conflict })])
}

function usualConflict(code: number): string | null {
  if (code === 440) return 'replaced'
  return code === 401 ? 'device_removed' : null
}
