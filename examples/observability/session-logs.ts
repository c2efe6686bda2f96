import type { SessionManager } from 'baileys-sessions'
import { type DestinationStream, pino, type Logger } from 'pino'

/** What may be written of the details that Baileys gives to its logger. Whole stanzas, keys and messages are among the others. */
const BAILEYS_DETAILS = ['msg', 'msgId', 'type', 'reason', 'code', 'statusCode', 'count', 'retryCount', 'trace']

/** Names under which this library or Baileys hold secrets, for the day on which somebody logs a whole snapshot. */
const SECRET_NAMES = ['qr', 'pairingCode', 'creds', 'keys', 'auth', 'socket', 'noiseKey', 'signedIdentityKey', 'signedPreKey', 'advSecretKey', 'pairingEphemeralKeyPair']

/** How much is written, and where to. */
export interface SessionLogsOptions {
  level?: string
  baileysLevel?: string
  destination?: DestinationStream
}

/** Two loggers that write no secret at any level: one for `SessionManager` and the application, one for `socketConfig`. */
export function sessionLogs({ level = 'info', baileysLevel = 'warn', destination = pino.destination(1) }: SessionLogsOptions = {}): { sessions: Logger, baileys: Logger } {
  const root = pino({
    level,
    redact: { paths: SECRET_NAMES.flatMap(name => [name, `*.${name}`, `*.*.${name}`]), censor: '[secret]' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
  }, destination)
  return {
    sessions: root.child({ component: 'sessions' }),
    // A list of what may pass is safe in the next version of Baileys too; a list of what may not is safe in this one at best.
    baileys: root.child({ component: 'baileys' }, { level: baileysLevel, formatters: { log: plainDetails } }),
  }
}

function plainDetails(details: object): object {
  const entries = Object.entries(details).filter(([name, value]) => BAILEYS_DETAILS.includes(name) && ['string', 'number'].includes(typeof value))
  const error: unknown = 'err' in details ? details.err : 'error' in details ? details.error : undefined
  // Beside its message an error of Baileys may carry the stanza that it is about.
  const err = error instanceof Error ? { type: error.name, message: error.message, stack: error.stack } : undefined
  return { ...Object.fromEntries(entries), err }
}

/** Writes what the manager does not write by itself. Field by field: an event may hold a secret. */
export function logSessionEvents(sessions: SessionManager, logger: Logger): void {
  sessions.on('qr', ({ sessionId, expiresAt }) => logger.info({ sessionId, expiresAt }, 'QR code shown'))
  sessions.on('pairing-code', ({ sessionId, expiresAt }) => logger.info({ sessionId, expiresAt }, 'pairing code shown'))
  sessions.on('connected', ({ sessionId, restored }) => logger.info({ sessionId, restored }, 'session connected'))
  sessions.on('restored', ({ sessionId, outcome, reason, durationMs }) => logger.info({ sessionId, outcome, reason, durationMs }, 'session restore ended'))
  sessions.on('logged-out', ({ sessionId, cause }) => logger.warn({ sessionId, cause }, 'session logged out'))
}
