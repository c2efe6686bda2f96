import { SessionError, type SessionErrorCode } from '../../errors.js'

/** What was being done when the server failed. */
export interface RedisAction {
  /** In the infinitive, up to the name of the server: `write session "a" to`. */
  verb: string
  /** The session it is about, when it is about one. */
  sessionId?: string | undefined
  /** The code when it fails; `STORE_UNAVAILABLE` when not given. */
  code?: SessionErrorCode
}

/** How much of what a driver or a server says is passed on. */
const LONGEST_MESSAGE = 200

const ADVICE: Readonly<Record<string, string>> = Object.freeze({
  READONLY: 'This server is a read-only replica (READONLY). Let the client find the master, by Sentinel or by the name that your host gives for it.',
  MASTERDOWN: 'This server is a replica that has lost its master (MASTERDOWN). Let the client find the master.',
  OOM: 'Its memory is full (OOM). Nothing was changed. Raise maxmemory, or move other data away.',
  MISCONF: 'It cannot save to its disk, and so takes no changes (MISCONF). Free some space there, and look at its log.',
  NOREPLICAS: 'Too few replicas are connected to it (NOREPLICAS, min-replicas-to-write). Bring them back.',
  NOAUTH: 'It wants a password that the client did not give (NOAUTH).',
  WRONGPASS: 'It refused the name or the password of the client (WRONGPASS).',
  NOPERM: 'The user of the client may not do that (NOPERM). Allow it the commands that docs/redis.md lists, on all keys that begin with keyPrefix.',
  LOADING: 'It is loading its data, and answers when it is done (LOADING).',
  BUSY: 'A script of somebody else keeps it busy (BUSY). SCRIPT KILL ends it.',
  MOVED: 'It is a Redis Cluster (MOVED), which is not supported. Use a server without cluster mode, or one with replicas.',
  CROSSSLOT: 'It is a Redis Cluster (CROSSSLOT), which is not supported. Use a server without cluster mode, or one with replicas.',
  CLUSTERDOWN: 'It is a Redis Cluster (CLUSTERDOWN), which is not supported. Use a server without cluster mode, or one with replicas.',
  WRONGTYPE: 'A key of this library holds something else (WRONGTYPE): another program uses the same names. Choose another keyPrefix. Nothing was changed.',
})

/** A script of an old server has the code of what went wrong in the middle of its message, behind a dash. */
const CODES = new RegExp(`(?:^|-)(${Object.keys(ADVICE).join('|')})\\b`, 'u')

/** Whether the server has not got a script yet, or not any more. Nothing was done then. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

/** What is wrong, in sentences that say what to do. */
export class RedisProblem extends Error {}

/** Any failure of the server or its client as a `SessionError` that says what to do. */
export function redisFailure(action: RedisAction, error: unknown): SessionError {
  if (error instanceof RedisProblem) return redisRefusal(action, error.message)
  const message = briefly(error)
  const advice = ADVICE[codeOf(message)] ?? `The client says: ${message}.`
  return redisRefusal(action, advice, withoutCommand(error, message))
}

function codeOf(message: string): string {
  // In a script.
  if (message.startsWith('ERR The user executing the script')) return 'NOPERM'
  return CODES.exec(message)?.[1] ?? ''
}

/** A `SessionError` for what Redis did not do, or must not be asked. */
export function redisRefusal({ verb, sessionId, code = 'STORE_UNAVAILABLE' }: RedisAction, advice: string, cause?: unknown): SessionError {
  return new SessionError(code, `Could not ${verb} Redis. ${advice}`, { sessionId, cause })
}

/** The first line, without what a server repeats of a command, and without the password of an address. */
function briefly(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1)
  const [said = ''] = line.split(', with args beginning with', 1)
  return said
    .replaceAll(/\/\/[^\s@/]*@/gu, '//')
    .slice(0, LONGEST_MESSAGE)
    .replace(/\.$/u, '')
}

/** A driver hangs the command on its error, which has keys in it: whoever logs the cause must not log those. */
function withoutCommand(error: unknown, message: string): Error {
  const cause = new Error(message)
  if (!(error instanceof Error)) return cause
  cause.name = error.name
  const code: unknown = Reflect.get(error, 'code')
  return typeof code === 'string' ? Object.assign(cause, { code }) : cause
}
