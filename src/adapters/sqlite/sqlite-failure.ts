import { isSessionError, SessionError, type SessionErrorCode } from '../../errors.js'

/** What was being done when the database failed. */
export interface SqliteAction {
  /** In the infinitive: `read`, `write`. */
  verb: string
  /** The session it is about, when it is about one. */
  sessionId?: string | undefined
  /** The code when it fails; `STORE_UNAVAILABLE` when not given. */
  code?: SessionErrorCode
  /** The code when a page is damaged, if that is another. */
  damageCode?: SessionErrorCode
}

/** The kinds of failure that need an advice of their own. */
export type SqliteProblem = 'busy' | 'full' | 'damaged' | 'noDatabase' | 'readOnly' | 'disk' | 'cannotOpen' | 'closed' | 'inTransaction' | 'other'

const ADVICE: Readonly<Record<Exclude<SqliteProblem, 'other'>, string>> = Object.freeze({
  busy: 'Another connection has it locked (SQLITE_BUSY), and did for all of busyTimeoutMs. Look for a transaction that is left open.',
  full: 'The disk is full, or the database has reached its max_page_count (SQLITE_FULL). Make room.',
  damaged:
    'A page of it is damaged (SQLITE_CORRUPT); it was left as it is. Stop what uses it, copy it away with its -wal file, and restore a backup or save what is left with the command ".recover" of sqlite3.',
  noDatabase: 'The file is not a SQLite database, or is encrypted (SQLITE_NOTADB); it was left as it is. Look whether it is the right one.',
  readOnly:
    'It can only be read (SQLITE_READONLY). Let this user write to the file and to its folder, in which SQLite keeps the -wal and -shm files, and open it for writing.',
  disk: 'The disk failed (SQLITE_IOERR). Look at it.',
  cannotOpen: 'The file, or one that SQLite keeps beside it, cannot be opened (SQLITE_CANTOPEN). Let this user read and write there.',
  closed: 'The database object was closed. Close it after the store, and make both anew.',
  inTransaction: 'The application has left a transaction open on the database object for all of busyTimeoutMs. Give the store a connection of its own.',
})

const PROBLEMS: readonly (readonly [name: string, code: number, problem: SqliteProblem])[] = [
  ['SQLITE_BUSY', 5, 'busy'],
  ['SQLITE_LOCKED', 6, 'busy'],
  ['SQLITE_READONLY', 8, 'readOnly'],
  ['SQLITE_IOERR', 10, 'disk'],
  ['SQLITE_CORRUPT', 11, 'damaged'],
  ['SQLITE_FULL', 13, 'full'],
  ['SQLITE_CANTOPEN', 14, 'cannotOpen'],
  ['SQLITE_PROTOCOL', 15, 'busy'],
  ['SQLITE_NOTADB', 26, 'noDatabase'],
]

/** What kind of failure an error of a driver stands for. */
export function problemOf(error: unknown): SqliteProblem {
  if (!(error instanceof Error)) return 'other'
  const code: unknown = Reflect.get(error, 'code')
  const number: unknown = Reflect.get(error, 'errcode')
  // Extended codes have the plain one in their name, or in their lowest byte.
  const found = PROBLEMS.find(([name, plain]) => (typeof number === 'number' ? (number & 0xff) === plain : typeof code === 'string' && code.startsWith(name)))
  if (found !== undefined) return found[2]
  if (/(?:within|inside) a transaction/.test(error.message)) return 'inTransaction'
  if (code === 'ERR_INVALID_STATE' || /not open/.test(error.message)) return 'closed'
  return 'other'
}

/** Any failure of the database as a `SessionError` that says what to do; one that is a `SessionError` already stays. */
export function sqliteFailure(action: SqliteAction, error: unknown): SessionError {
  if (isSessionError(error)) return error
  const { verb, sessionId, code = 'STORE_UNAVAILABLE', damageCode = code } = action
  const problem = problemOf(error)
  const advice = problem === 'other' ? describe(error) : ADVICE[problem]
  return new SessionError(problem === 'damaged' ? damageCode : code, `Could not ${verb} the SQLite database. ${advice}`, { sessionId, cause: error })
}

/** SQLite itself never quotes the values that were bound; what else may be around it could. */
function describe(error: unknown): string {
  const isOfDriver = error instanceof Error && /^(?:SQLITE_|ERR_SQLITE_)/.test(String(Reflect.get(error, 'code')))
  return isOfDriver ? `It says: ${error.message.slice(0, 200)}.` : 'The cause of this error says why.'
}
