import { errorCode, isSessionError, SessionError, type SessionErrorCode } from '../../errors.js'

/** What was being done when PostgreSQL failed. */
export interface PostgresAction {
  /** In the infinitive: `read`, `write`. */
  verb: string
  /** The session it is about, when it is about one. */
  sessionId?: string | undefined
  /** The code when it fails; `STORE_UNAVAILABLE` when not given. */
  code?: SessionErrorCode
  /** The code when what is stored is damaged, if that is another. */
  damageCode?: SessionErrorCode
  /** What to do about some failures, where that is not what it usually is. */
  advice?: Partial<Record<PostgresProblem, string>>
}

/** The kinds of failure that need an advice of their own. */
export type PostgresProblem =
  | 'conflict'
  | 'lost'
  | 'unreachable'
  | 'ended'
  | 'readOnly'
  | 'full'
  | 'busy'
  | 'denied'
  | 'refused'
  | 'slow'
  | 'locked'
  | 'missing'
  | 'notUnique'
  | 'constraint'
  | 'damaged'
  | 'other'

const ADVICE: Readonly<Record<Exclude<PostgresProblem, 'other'>, string>> = Object.freeze({
  conflict: 'It kept conflicting with other transactions. Look for what else writes to these tables.',
  lost: 'The connection was lost before the answer came. Check that the server, and what is between, keeps connections open.',
  unreachable: 'The server cannot be reached. Check that it runs, its address, and the network.',
  ended: 'The client is closed, or was a single connection that is lost. Pass a pool, and close the store before the pool.',
  readOnly: 'This server only reads: it is a replica, or set to be read-only. Connect to the primary.',
  full: 'The disk of the server is full, or a limit of its memory is reached. Free some space. Nothing was changed.',
  busy: 'The server, or the pooler before it, has no connection left. Raise its limit, or make your pools smaller.',
  denied: 'This user may not do that. Grant it USAGE on the schema, and SELECT, INSERT, UPDATE and DELETE on its tables.',
  refused: 'The server refused the login, or has no such database. Check user, password and the name of the database.',
  slow: 'The server did not answer in time. Check its load, and for transactions that were left open.',
  locked: 'Another transaction kept a row locked. Look for a transaction that was left open.',
  missing: 'A table or function is not there. Create the tables; postgresSchema() of "baileys-sessions/postgres" has the SQL.',
  notUnique: 'A table has not the constraints that it was made with. Create it again.',
  constraint: 'A constraint of the table refuses the row.',
  damaged: 'The server found damaged data. Nothing was changed. Look into its log, and restore a backup.',
})

/** By SQLSTATE, or the first two characters of one. Names of drivers and of the system stand beside them. */
const PROBLEMS: Readonly<Record<string, PostgresProblem>> = Object.freeze({
  '40001': 'conflict',
  '40P01': 'conflict',
  '08': 'lost',
  '57P01': 'lost',
  '57P02': 'lost',
  ECONNRESET: 'lost',
  EPIPE: 'lost',
  CONNECTION_CLOSED: 'lost',
  CONNECTION_DESTROYED: 'ended',
  CONNECTION_ENDED: 'ended',
  '57P03': 'unreachable',
  ECONNREFUSED: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'unreachable',
  CONNECT_TIMEOUT: 'unreachable',
  '25006': 'readOnly',
  '53300': 'busy',
  '53': 'full',
  '58030': 'full',
  '42501': 'denied',
  '28': 'refused',
  '3D000': 'refused',
  '57014': 'slow',
  '55P03': 'locked',
  '42P01': 'missing',
  '42883': 'missing',
  '3F000': 'missing',
  '42703': 'missing',
  '42P10': 'notUnique',
  '23': 'constraint',
  XX001: 'damaged',
  XX002: 'damaged',
})

/** Drivers have no code for some failures of a connection. */
const PHRASES: readonly (readonly [phrase: RegExp, problem: PostgresProblem])[] = [
  [/connection terminated|server closed the connection|timeout exceeded when trying to connect/iu, 'lost'],
  [/after calling end|not queryable|is closed|client has already been/iu, 'ended'],
  [/query read timeout/iu, 'slow'],
]

/** Thrown when an answer did not come within our own deadline. What was asked may be carried out yet, as a whole. */
export class DeadlineError extends Error {
  override readonly name: string = 'DeadlineError'

  constructor(timeoutMs: number) {
    super(`PostgreSQL did not answer within ${timeoutMs} ms.`)
  }
}

/** What kind of failure an error of a driver stands for. */
export function problemOf(error: unknown): PostgresProblem {
  if (error instanceof DeadlineError) return 'slow'
  // All addresses of a host were tried.
  if (error instanceof AggregateError && error.errors.length > 0 && errorCode(error) === '') return problemOf(error.errors[0])
  const code = errorCode(error)
  const problem = PROBLEMS[code] ?? (isSqlState(code) ? PROBLEMS[code.slice(0, 2)] : undefined)
  if (problem !== undefined) return problem
  const message = error instanceof Error ? error.message : ''
  return PHRASES.find(([phrase]) => phrase.test(message))?.[1] ?? 'other'
}

/** Any failure of PostgreSQL as a `SessionError` that says what to do; one that is a `SessionError` already stays. */
export function postgresFailure(action: PostgresAction, error: unknown): SessionError {
  const { verb, sessionId, code = 'STORE_UNAVAILABLE', damageCode = code } = action
  if (isSessionError(error))
    return error.code === 'STORE_UNAVAILABLE' && code !== error.code ? new SessionError(code, error.message, { sessionId, cause: error }) : error
  const problem = problemOf(error)
  const advice = action.advice?.[problem] ?? (problem === 'other' ? 'See the cause of this error.' : ADVICE[problem])
  const message = `Could not ${verb} PostgreSQL. ${advice}${showState(error)}`
  return new SessionError(problem === 'damaged' ? damageCode : code, message, { sessionId, cause: error })
}

/** Never the text of the server or the driver: it may quote a value, or how the client was connected. */
function showState(error: unknown): string {
  const code = errorCode(error)
  if (isSqlState(code)) return ` (SQLSTATE ${code})`
  return /^[A-Z_]{3,40}$/u.test(code) ? ` (${code})` : ''
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/u.test(code) && /\d/u.test(code)
}
