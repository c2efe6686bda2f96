import { SessionError } from '../../errors.js'
import { numberOf, type SqliteStatements } from './sqlite-statements.js'

/** Each brings a database from the version that is its index to the next one. One that was published is never changed. */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    'CREATE TABLE baileys_sessions_schema (version INTEGER NOT NULL)',
    'INSERT INTO baileys_sessions_schema VALUES (1)',
    // A row stays when its session is deleted: no token may ever come twice.
    `CREATE TABLE baileys_sessions_session (
      session_key INTEGER PRIMARY KEY,
      session_id TEXT NOT NULL UNIQUE,
      token INTEGER NOT NULL DEFAULT 0,
      holder TEXT,
      nonce TEXT,
      held_since INTEGER
    )`,
    `CREATE TABLE baileys_sessions_record (
      session_key INTEGER NOT NULL,
      type TEXT NOT NULL,
      id TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (session_key, type, id)
    ) WITHOUT ROWID`,
    'CREATE TABLE baileys_sessions_heartbeat (nonce TEXT PRIMARY KEY, beat_at INTEGER NOT NULL) WITHOUT ROWID',
  ],
  [
    `CREATE TABLE baileys_sessions_connection (
      session_id TEXT NOT NULL PRIMARY KEY,
      status TEXT,
      reason TEXT,
      phone_number TEXT,
      last_connected_at TEXT,
      last_disconnect TEXT,
      owner TEXT,
      updated_at TEXT,
      metadata TEXT
    )`,
    'UPDATE baileys_sessions_schema SET version = 2',
  ],
  [
    'ALTER TABLE baileys_sessions_session ADD COLUMN has_records INTEGER NOT NULL DEFAULT 0',
    `UPDATE baileys_sessions_session SET has_records = EXISTS
      (SELECT 1 FROM baileys_sessions_record AS record WHERE record.session_key = baileys_sessions_session.session_key)`,
    'CREATE INDEX baileys_sessions_listed ON baileys_sessions_session (session_id) WHERE has_records = 1',
    'UPDATE baileys_sessions_schema SET version = 3',
  ],
  [
    // Each change of a lock gets the next revision, so that those who follow the locks read only what is new.
    'ALTER TABLE baileys_sessions_session ADD COLUMN revision INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE baileys_sessions_session ADD COLUMN note TEXT',
    'CREATE INDEX baileys_sessions_changed ON baileys_sessions_session (revision)',
    'ALTER TABLE baileys_sessions_heartbeat ADD COLUMN description TEXT',
    'ALTER TABLE baileys_sessions_heartbeat ADD COLUMN entered TEXT',
    'ALTER TABLE baileys_sessions_heartbeat ADD COLUMN is_asked_to_drain INTEGER NOT NULL DEFAULT 0',
    `UPDATE baileys_sessions_heartbeat SET description =
      (SELECT holder FROM baileys_sessions_session AS session WHERE session.nonce = baileys_sessions_heartbeat.nonce LIMIT 1)`,
    // Tells whether revisions are of the same count.
    'ALTER TABLE baileys_sessions_schema ADD COLUMN database_id TEXT',
    'UPDATE baileys_sessions_schema SET version = 4, database_id = lower(hex(randomblob(8)))',
  ],
]

/** The version that this library reads and writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.length

/** The version of the tables; 0 when there are none. Throws when it is a newer one than this library knows. */
export function readSchemaVersion(statements: SqliteStatements): number {
  const [table] = statements.rows('SELECT name FROM sqlite_master WHERE type = ? AND name = ?', 'table', 'baileys_sessions_schema')
  if (table === undefined) return 0
  return assertKnownSchema(statements)
}

/** The version of tables that are there. Throws when it is a newer one than this library knows. */
export function assertKnownSchema(statements: SqliteStatements): number {
  const [row] = statements.rows('SELECT version FROM baileys_sessions_schema')
  const version = numberOf(row, 'version')
  if (Number.isSafeInteger(version) && version >= 1 && version <= SCHEMA_VERSION) return version
  throw new SessionError(
    'STORE_UNAVAILABLE',
    `The SQLite database has schema version ${version}, but this baileys-sessions only knows versions 1 to ${SCHEMA_VERSION}: a newer one has used it. Update baileys-sessions. Nothing was changed.`,
  )
}

/** The tables would have to be changed, and the connection can only read. */
export function outdatedSchema(version: number, cause?: unknown): SessionError {
  const tables = version === 0 ? 'no baileys-sessions tables yet' : `schema version ${version}, but this baileys-sessions reads version ${SCHEMA_VERSION}`
  return new SessionError(
    'STORE_UNAVAILABLE',
    `The SQLite database has ${tables}. This connection can only read, so nothing was changed. The first program that opens the database for writing creates or updates the tables: start your application with this version, or run "baileys-sessions doctor sqlite:<file> --repair".`,
    { cause },
  )
}

/** Makes the tables, or brings them up to date. Runs in a transaction. */
export function migrate(statements: SqliteStatements): void {
  for (const steps of MIGRATIONS.slice(readSchemaVersion(statements))) {
    for (const step of steps) statements.run(step)
  }
}
