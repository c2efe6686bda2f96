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
