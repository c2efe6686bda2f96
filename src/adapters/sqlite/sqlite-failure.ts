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
  busy: 'Another connection kept it locked for all of busyTimeoutMs (SQLITE_BUSY). Look for a transaction that was left open.',
  full: 'The disk is full, or the database has reached its max_page_count (SQLITE_FULL). Free some space.',
  damaged:
    'One of its pages is damaged (SQLITE_CORRUPT). Nothing was changed. Stop everything that uses the database and copy it together with its -wal file. Then restore a backup, or recover what is left with the sqlite3 command ".recover".',
  noDatabase: 'The file is not a SQLite database, or it is encrypted (SQLITE_NOTADB). Nothing was changed. Check that it is the right file.',
  readOnly:
    'It is read-only (SQLITE_READONLY). Give this user permission to write to the file and to its folder, where SQLite keeps the -wal and -shm files, and open it for writing.',
  disk: 'The disk failed (SQLITE_IOERR). Check the disk.',
  cannotOpen: 'The file, or one that SQLite keeps next to it, cannot be opened (SQLITE_CANTOPEN). Give this user permission to read and write there.',
  closed: 'The database object is closed. Create the database and the store again, and close the store first next time.',
  inTransaction: 'Your application left a transaction open on the database object for all of busyTimeoutMs. Give the store its own connection.',
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
  return isOfDriver ? `It says: ${error.message.slice(0, 200)}.` : 'See the cause of this error.'
}
