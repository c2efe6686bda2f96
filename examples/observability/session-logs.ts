import type { SessionManager } from 'baileys-sessions'
import { type DestinationStream, pino, type Logger } from 'pino'

/** The details from Baileys that may be logged. The others include whole stanzas, keys and messages. */
const BAILEYS_DETAILS = ['msg', 'msgId', 'type', 'reason', 'code', 'statusCode', 'count', 'retryCount', 'trace']

/** Names of fields in which this library or Baileys keep secrets, for the day when somebody logs a whole snapshot. */
const SECRET_NAMES = [
  'qr',
  'pairingCode',
  'creds',
  'keys',
  'auth',
  'socket',
  'noiseKey',
  'signedIdentityKey',
  'signedPreKey',
  'advSecretKey',
  'pairingEphemeralKeyPair',
]

/** How much to log, and where. */
export interface SessionLogsOptions {
  level?: string
  baileysLevel?: string
  destination?: DestinationStream
}

/** Two loggers that write no secret at any level: one for `SessionManager` and the application, one for `socketConfig`. */
export function sessionLogs({ level = 'info', baileysLevel = 'warn', destination = pino.destination(1) }: SessionLogsOptions = {}): {
  sessions: Logger
  baileys: Logger
} {
  const root = pino(
    {
      level,
      redact: { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[secret]' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
  return {
    sessions: root.child({ component: 'sessions' }),
    // A list of what may pass stays safe in the next version of Baileys; a list of what may not is safe in this one at best.
    baileys: root.child({ component: 'baileys' }, { level: baileysLevel, formatters: { log: plainDetails } }),
  }
}

function plainDetails(details: object): object {
  const entries = Object.entries(details).filter(([name, value]) => BAILEYS_DETAILS.includes(name) && ['string', 'number'].includes(typeof value))
  const error: unknown = 'err' in details ? details.err : 'error' in details ? details.error : undefined
  // Besides its message, an error from Baileys may carry the stanza that it is about.
  const err = error instanceof Error ? { type: error.name, message: error.message, stack: error.stack } : undefined
  return { ...Object.fromEntries(entries), err }
}

/** Logs what the manager does not log itself. Field by field, because an event may contain a secret. */
export function logSessionEvents(sessions: SessionManager, logger: Logger): void {
  sessions.on('qr', ({ sessionId, expiresAt }) => logger.info({ sessionId, expiresAt }, 'QR code shown'))
  sessions.on('pairing-code', ({ sessionId, expiresAt }) => logger.info({ sessionId, expiresAt }, 'pairing code shown'))
  sessions.on('connected', ({ sessionId, restored }) => logger.info({ sessionId, restored }, 'session connected'))
  sessions.on('restored', ({ sessionId, outcome, reason, durationMs }) => logger.info({ sessionId, outcome, reason, durationMs }, 'session restore ended'))
  sessions.on('logged-out', ({ sessionId, cause }) => logger.warn({ sessionId, cause }, 'session logged out'))
}
