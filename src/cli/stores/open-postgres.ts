import { inSchema, quoteName } from '../../adapters/postgres/postgres-client.js'
import { fieldOf, numberOf, PostgresConnection, textOf } from '../../adapters/postgres/postgres-connection.js'
import { PostgresSessionStore } from '../../adapters/postgres/postgres-session-store.js'
import { SCHEMA_VERSION } from '../../adapters/postgres/schema-sql.js'
import { isSessionError } from '../../errors.js'
import { CommandError } from '../command-environment.js'
import { openOnServer } from './open-on-server.js'
import { POSTGRES_DRIVERS } from './postgres-drivers.js'
import type { ServerAddress } from './server-address.js'
import type { OpenedStore, ServerReport, StorePurpose, StoreServer } from './store-name.js'

const HAS_TABLES = `SELECT json_build_object('is', to_regprocedure($1::text) IS NOT NULL)::text AS answer`

const REPORT = `SELECT json_build_object(
  'version', current_setting('server_version'),
  'schemaVersion', @.schema_version(),
  'processes', (SELECT count(*) FROM @.process WHERE expires_at > clock_timestamp()),
  'isReplica', pg_is_in_recovery(),
  'fsync', current_setting('fsync'),
  'full_page_writes', current_setting('full_page_writes'))::text AS answer`

/** Settings that lose writes when they are off, with what follows. `synchronous_commit` is none: the store sets it for each of its writes. */
const LOSING_SETTINGS: readonly (readonly [setting: string, consequence: string])[] = [
  ['fsync', 'a crash of its machine may damage everything that it keeps'],
  ['full_page_writes', 'a crash of its machine may damage what was being written'],
]

/** A store in PostgreSQL, by its name. */
export interface PostgresPlace {
  readonly address: ServerAddress
  readonly schema: string
  readonly purpose: StorePurpose
}

/** Opens a store in PostgreSQL. Loaded only when one was named. */
export function openPostgres({ address, schema, purpose }: PostgresPlace): Promise<OpenedStore> {
  return openOnServer({
    engine: 'PostgreSQL',
    drivers: POSTGRES_DRIVERS,
    address,
    open: async ({ client }) => {
      const server = new PostgresExaminer(new PostgresConnection(client), schema)
      const version = await server.schemaVersion().catch((error: unknown): never => {
        throw isSessionError(error) ? new CommandError(`Could not open ${address.text}. ${error.message}`) : error
      })
      requireTables({ address, schema, purpose }, version)
      return { store: new PostgresSessionStore({ client, schema }), server }
    },
  })
}

/** The store would make its tables, also in a database of something else, and bring those of an older version up to date. */
function requireTables({ address: { text }, schema, purpose }: PostgresPlace, version: number | null): void {
  if (purpose !== 'fill' && version === null)
    throw new CommandError(`There is no store "${text}": the database contains no baileys-sessions tables in schema "${schema}".`)
  if (purpose === 'look' && version !== null && version < SCHEMA_VERSION)
    throw new CommandError(
      `The tables of ${text} have schema version ${version}, but this baileys-sessions reads version ${SCHEMA_VERSION}. This command only reads, so nothing was changed. To update them, start your application with this version, or run the SQL that baileys-sessions schema postgres prints.`,
    )
}

/** What can be said of a server, and of the tables in a schema. */
class PostgresExaminer implements StoreServer {
  readonly oldTexts =
    'Free pages of the table "record", the write-ahead log and replicas may have the old text until PostgreSQL writes them anew: see VACUUM FULL.'
  readonly #connection: PostgresConnection
  readonly #schema: string

  constructor(connection: PostgresConnection, schema: string) {
    this.#connection = connection
    this.#schema = schema
  }

  async schemaVersion(): Promise<number | null> {
    const action = { verb: 'look for the tables of a store in' }
    const answer = await this.#connection.ask(action, () => [HAS_TABLES, `${quoteName(this.#schema)}.schema_version()`])
    if (fieldOf(answer, 'is') !== true) return null
    return Number(await this.#connection.ask(action, () => [inSchema(this.#schema, 'SELECT @.schema_version()::text AS answer')]))
  }

  async report(): Promise<ServerReport> {
    const answer = await this.#connection.ask({ verb: 'ask for the settings of' }, () => [inSchema(this.#schema, REPORT)])
    return {
      engine: 'PostgreSQL',
      version: textOf(answer, 'version')?.split(' ')[0] ?? null,
      schemaVersion: numberOf(answer, 'schemaVersion'),
      processes: numberOf(answer, 'processes'),
      warnings: warningsOf(answer),
    }
  }
}

function warningsOf(answer: unknown): string[] {
  const warnings = LOSING_SETTINGS.filter(([setting]) => fieldOf(answer, setting) === 'off').map(
    ([setting, consequence]) => `PostgreSQL runs with "${setting} = off": ${consequence}. Switch it on.`,
  )
  if (fieldOf(answer, 'isReplica') === true) warnings.push('This PostgreSQL is a replica, which takes no writes and may be behind. Name the primary.')
  return warnings
}
