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

/** What a socket tells its session. */
export type ConnectionSignal =
  | { readonly type: 'qr'; readonly qr: string; readonly expiresAt: Date }
  /** WhatsApp asks for a passkey before it links the phone. */
  | { readonly type: 'passkey-required' }
  | { readonly type: 'paired' }
  | { readonly type: 'opened' }
  /** `cause` is given when it was this library that noticed, and not Baileys. */
  | { readonly type: 'closed'; readonly loss: ConnectionLoss; readonly cause?: DisconnectCause }

/** The part of Baileys' `connection.update` that matters here; `qr` may be there and undefined. */
export interface ConnectionUpdate {
  readonly connection?: 'open' | 'connecting' | 'close' | undefined
  readonly lastDisconnect?: unknown
  readonly qr?: string | undefined
}

/** What a `connection.update` says; how long a QR code lives it does not. */
type ConnectionNews = Extract<ConnectionSignal, { type: 'opened' | 'closed' }> | { readonly type: 'qr'; readonly qr: string }

/** Reads a `connection.update`. `null`: it says nothing that matters here. */
export function readConnectionNews(update: ConnectionUpdate, now: Date): ConnectionNews | null {
  if (update.connection === 'close') return { type: 'closed', loss: readConnectionLoss(update.lastDisconnect, now) }
  if (update.connection === 'open') return { type: 'opened' }
  if (typeof update.qr === 'string' && update.qr !== '') return { type: 'qr', qr: update.qr }
  return null
}

/**
 * What the loss of a socket meant, by name.
 *
 * - `restart_required`: the server asks for a new connection, as it does after each pairing (515);
 * - `connection_lost`: the other side went silent (408);
 * - `connection_closed`: the other side closed the connection (428, or no code at all);
 * - `server_unavailable`: the server itself has a problem (500, 503);
 * - `transport_failed`: no connection was possible: DNS, refused, reset, proxy, or an HTTP answer to the upgrade, whatever its number;
 * - `connect_timeout`: the watchdog of the dial, `connectTimeoutMs`, ended it;
 * - `pairing_expired`: the QR codes are used up, and there is no sign that a phone scanned one;
 * - `pairing_rejected`: WhatsApp refused to link: a 401 before anything was paired, a pairing that failed verification, or a sign of either before
 *   the QR codes were used up;
 * - `registration_closed`: WhatsApp accepted the connection and closed it before there was anything to scan;
 * - `logged_out`: the device was unlinked on the phone (401);
 * - `intentional_logout`: this application logged the device out;
 * - `connection_replaced`: another connection uses the same credentials (440);
 * - `restricted`: WhatsApp restricted or banned the account (402, 403, 406);
 * - `client_outdated`: WhatsApp refuses this client version (405);
 * - `multi_device_mismatch`: the account does not accept linked devices (411);
 * - `rate_limited`: too many attempts (429);
 * - `storage_failed`: the socket was closed because the credentials could not be stored;
 * - `socket_failed`: Baileys or your `socketConfig` threw;
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

/** What is known of a lost socket, before anybody judges it. */
export interface ConnectionLoss {
  /** Baileys' status code, `null` when there is none. */
  code: number | null
  /** The message that came with it. */
  message: string
  /** The attributes of the node that the server sent, when it sent one. */
  attributes: Readonly<Record<string, string>>
  /** When it was noticed. */
  at: Date
  /** What was thrown or reported, as it came. */
  error?: unknown
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/**
 * Reads what Baileys puts into `lastDisconnect`: `{ error, date }` around a Boom, a plain error, or nothing at all. The code of
 * a Boom is `output.statusCode`, its `data` is a node, the attributes of a node, or an error of the transport.
 */
export function readConnectionLoss(lastDisconnect: unknown, at: Date): ConnectionLoss {
  const error = isObject(lastDisconnect) && 'error' in lastDisconnect ? lastDisconnect['error'] : lastDisconnect
  if (!isObject(error)) return { code: null, message: 'The connection was closed.', attributes: {}, at }
  const output = error['output']
  const statusCode = isObject(output) ? output['statusCode'] : undefined
  return {
    code: typeof statusCode === 'number' ? statusCode : null,
    message: typeof error['message'] === 'string' && error['message'] !== '' ? error['message'] : 'The connection was closed.',
    attributes: readAttributes(error['data']),
    at,
    error,
  }
}

function readAttributes(data: unknown): Record<string, string> {
  if (!isObject(data)) return {}
  const source = isObject(data['attrs']) ? data['attrs'] : data
  const strings = Object.entries(source).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(strings)
}

/** What a session knows about itself at the moment it loses its socket. */
export interface LossContext {
  /** Whether the credentials are paired. */
  paired: boolean
  /** Whether WhatsApp had taken the connection and sent nothing to scan yet. */
  takenWithoutQr?: boolean
  /** Whether something told that a phone had scanned, and was refused. */
  scanRefused?: boolean
}
