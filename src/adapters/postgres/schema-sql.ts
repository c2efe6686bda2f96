import { CLUSTER_STATEMENTS } from './cluster-functions.js'
import { LOCK_FUNCTIONS } from './lock-functions.js'
import { requireOptions } from '../../option-checks.js'
import { DEFAULT_SCHEMA, inSchema, quoteName, requireName } from './postgres-client.js'
import { WRITE_FUNCTION } from './write-function.js'

/** The version of the tables and functions that this library creates and uses. */
export const SCHEMA_VERSION = 1

/**
 * What makes the tables and functions, statement by statement; `@` stands for the schema. What is there stays. A change after a release
 * gets a higher number and statements of its own after these. A function that an older version calls then goes on working, or answers that
 * it is outdated.
 */
const STATEMENTS: readonly string[] = [
  'CREATE SCHEMA IF NOT EXISTS @',
  // A row stays when its session is deleted: no token may ever come twice. The key is never used again, even after a TRUNCATE.
  `CREATE TABLE IF NOT EXISTS @.session (
  session_key uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  session_id text COLLATE "C" NOT NULL UNIQUE,
  token bigint NOT NULL DEFAULT 0,
  nonce text COLLATE "C",
  claim text COLLATE "C",
  writer text COLLATE "C",
  write_number bigint NOT NULL DEFAULT 0,
  has_records boolean NOT NULL DEFAULT false
)`,
  'CREATE INDEX IF NOT EXISTS session_listed ON @.session (session_id) WHERE has_records',
  'CREATE INDEX IF NOT EXISTS session_held ON @.session (nonce) WHERE nonce IS NOT NULL',
  `CREATE TABLE IF NOT EXISTS @.record (
  session_key uuid NOT NULL,
  type text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (session_key, type, id)
)`,
  // One lease for each process, for all of its sessions.
  `CREATE TABLE IF NOT EXISTS @.process (
  nonce text COLLATE "C" PRIMARY KEY,
  holder text NOT NULL,
  beats bigint NOT NULL DEFAULT 0,
  releases bigint NOT NULL DEFAULT 0,
  newest_token bigint NOT NULL DEFAULT 0,
  expires_at timestamptz NOT NULL
)`,
  ...LOCK_FUNCTIONS,
  WRITE_FUNCTION,
  ...CLUSTER_STATEMENTS,
  // In a function and not in a table, so that emptying all tables does not remove it.
  `CREATE OR REPLACE FUNCTION @.schema_version() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT ${SCHEMA_VERSION}'`,
]

/** The same as one statement, all of it or nothing. Processes that start at once take turns. */
export function migration(schema: string): string {
  const steps = STATEMENTS.map((statement) => `  ${inSchema(schema, statement)};`)
  return `DO $baileys_sessions$\nBEGIN\n  PERFORM pg_advisory_xact_lock(hashtext('baileys_sessions schema'));\n${steps.join('\n')}\nEND\n$baileys_sessions$`
}

/** What a user needs who may not create anything. */
const GRANTS: readonly string[] = [
  'GRANT USAGE ON SCHEMA @',
  'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA @',
  'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA @',
]

/** What `postgresSchema` is given. */
export interface PostgresSchemaOptions {
  /**
   * The schema, as the store is given it.
   *
   * @defaultValue 'baileys_sessions'
   */
  schema?: string
  /** The role that the application connects as, if another one runs this SQL. It is granted what it needs. */
  role?: string
}

/**
 * The SQL that makes the tables of a {@link PostgresSessionStore}, for where the store may not do so itself. It may be run again, and by
 * a newer version over the tables of an older one.
 *
 * @throws TypeError or RangeError for an invalid option.
 */
export function postgresSchema(options: PostgresSchemaOptions = {}): string {
  requireOptions('', options, ['schema', 'role'])
  const { schema = DEFAULT_SCHEMA, role } = options
  requireName('schema', schema)
  if (role !== undefined) requireName('role', role)
  const grants = role === undefined ? [] : GRANTS.map((grant) => `${inSchema(schema, grant)} TO ${quoteName(role)}`)
  const statements = ['BEGIN', ...STATEMENTS.map((statement) => inSchema(schema, statement)), ...grants, 'COMMIT']
  return `${statements.join(';\n\n')};\n`
}
