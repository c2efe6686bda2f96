import type { ConnectionLoss, LossContext } from './connection-loss.js'

/**
 * What the loss of a socket meant, by name.
 *
 * - `restart_required`: the server asks for a new connection, as it does after each pairing (515);
 * - `connection_lost`: nothing was heard any more (408);
 * - `connection_closed`: the other side closed the connection (428, or no code at all);
 * - `server_unavailable`: the server has a problem of its own (500, 503);
 * - `transport_failed`: no connection came about: DNS, refused, reset, proxy, or an HTTP answer to the upgrade, whatever its number;
 * - `connect_timeout`: the watchdog of the dial, `connectTimeoutMs`, ended it;
 * - `pairing_expired`: the QR codes are used up, and nothing tells that a phone has scanned one;
 * - `pairing_rejected`: WhatsApp refused to link: a 401 before anything was paired, a pairing that does not verify, or a sign of either before
 *   the QR codes were used up;
 * - `registration_closed`: WhatsApp took the connection and closed it before there was anything to scan;
 * - `logged_out`: the device was unlinked at the phone (401);
 * - `intentional_logout`: this application logged the device out;
 * - `connection_replaced`: another connection uses the same credentials (440);
 * - `restricted`: WhatsApp restricted or banned the account (402, 403, 406);
 * - `client_outdated`: WhatsApp refuses this client version (405);
 * - `multi_device_mismatch`: the account does not take linked devices (411);
 * - `rate_limited`: too many attempts (429);
 * - `storage_failed`: the socket was closed because the credentials could not be stored;
 * - `socket_failed`: Baileys or the application's `socketConfig` threw;
 * - `unknown`: a code that has no known meaning.
 */
export type DisconnectCause =
  | 'restart_required'
  | 'connection_lost'
  | 'connection_closed'
  | 'server_unavailable'
  | 'transport_failed'
  | 'connect_timeout'
  | 'pairing_expired'
  | 'pairing_rejected'
  | 'registration_closed'
  | 'logged_out'
  | 'intentional_logout'
  | 'connection_replaced'
  | 'restricted'
  | 'client_outdated'
  | 'multi_device_mismatch'
  | 'rate_limited'
  | 'storage_failed'
  | 'socket_failed'
  | 'unknown'

const CAUSE_BY_CODE: ReadonlyMap<number, DisconnectCause> = new Map<number, DisconnectCause>([
  [401, 'logged_out'],
  [402, 'restricted'],
  [403, 'restricted'],
  [405, 'client_outdated'],
  [406, 'restricted'],
  [408, 'connection_lost'],
  [411, 'multi_device_mismatch'],
  [428, 'connection_closed'],
  [429, 'rate_limited'],
  [440, 'connection_replaced'],
  [500, 'server_unavailable'],
  [503, 'server_unavailable'],
  [515, 'restart_required'],
])

/** What Baileys ends its socket with when the phone's part of a pairing is not in order (7.0.0-rc14, `configureSuccessfulPairing`). */
const DOES_NOT_VERIFY = /^(?:Invalid account signature|Failed to verify account signature|Missing device-identity)/

/**
 * Names the cause of a lost socket from its code, message and the state of the session, never from the code alone: Baileys
 * reports at least five causes as 408, three as 401, and an HTTP answer to the upgrade by its HTTP number.
 */
export function readDisconnectCause(loss: ConnectionLoss, context: LossContext): DisconnectCause {
  if (!context.paired && DOES_NOT_VERIFY.test(loss.message)) return 'pairing_rejected'
  const cause = readCode(loss, context)
  return cause === 'connection_closed' && context.takenWithoutQr === true ? 'registration_closed' : cause
}

function readCode(loss: ConnectionLoss, context: LossContext): DisconnectCause {
  if (loss.code === null) return 'connection_closed'
  if (loss.message.startsWith('WebSocket Error')) return 'transport_failed'
  if (loss.message.startsWith('QR refs')) return readUsedUp(context)
  if (loss.code === 401) return readUnauthorized(loss, context)
  return CAUSE_BY_CODE.get(loss.code) ?? 'unknown'
}

function readUsedUp({ paired, scanRefused }: LossContext): DisconnectCause {
  if (paired) return 'restart_required'
  return scanRefused === true ? 'pairing_rejected' : 'pairing_expired'
}

function readUnauthorized(loss: ConnectionLoss, context: LossContext): DisconnectCause {
  if (loss.message === 'Intentional Logout') return 'intentional_logout'
  return context.paired ? 'logged_out' : 'pairing_rejected'
}

/**
 * When a restriction ends, from the attributes of the server's node: `expire` is a number of seconds from now. `null` when the
 * server gave none.
 */
export function readRestrictedUntil(loss: ConnectionLoss): Date | null {
  const seconds = Number(loss.attributes['expire'])
  const until = new Date(loss.at.getTime() + seconds * 1000)
  return seconds > 0 && !Number.isNaN(until.getTime()) ? until : null
}
