import { SessionError } from '../../errors.js'
import { CLUSTER_MARK } from './cluster-functions.js'
import { inSchema, quoteName, type PostgresValue } from './postgres-client.js'
import { CALL_TIMEOUT_MS, fieldOf, numberOf, type PostgresConnection, textOf } from './postgres-connection.js'
import { type PostgresAction, problemOf } from './postgres-failure.js'
import { migration, SCHEMA_VERSION } from './schema-sql.js'
import { ServerClock } from './server-clock.js'
import { SERVER_NOW } from './lock-functions.js'

const LOOK = `SELECT json_build_object(
  'hasSchema', to_regprocedure($1::text) IS NOT NULL,
  'hasCluster', to_regprocedure($2::text) IS NOT NULL,
  'isolation', current_setting('transaction_isolation'),
  'serverVersion', current_setting('server_version_num')::integer,
  'now', ${SERVER_NOW})::text AS answer`

/** The oldest server that has all that is used. */
const OLDEST_SERVER = 130_000

/** A call of a function of the schema: its name, and its parameters for a deadline by the server's clock. */
interface FunctionCall {
  name: string
  params: (deadline: number) => readonly PostgresValue[]
  timeoutMs?: number
}

/** The tables and functions of a store: they are there, and of a version that is known, before anything is asked of them. */
export class PostgresSchema {
  readonly #connection: PostgresConnection
  readonly #schema: string
  readonly #clock = new ServerClock()
  #ready: Promise<void> | undefined

  /** Asks nothing yet. */
  constructor(connection: PostgresConnection, schema: string) {
    this.#connection = connection
    this.#schema = schema
  }

  /** Reads: the answer of one statement, in which `@` stands for the schema. */
  async read(action: PostgresAction, sql: string, ...params: PostgresValue[]): Promise<unknown> {
    const statement = inSchema(this.#schema, sql)
    return this.#whenReady(() => this.#connection.ask(action, () => [statement, ...params]))
  }

  /** Calls a function of the schema: one step, all of it or nothing, and nothing once this has rejected for lack of an answer. */
  async call(action: PostgresAction, { name, params, timeoutMs = CALL_TIMEOUT_MS }: FunctionCall): Promise<unknown> {
    return this.#whenReady(async () => {
      const giveUpAt = performance.now() + timeoutMs
      for (let isSecond = false; ; isSecond = true) {
        const answer = await this.#connection.ask(
          action,
          () => {
            const values = params(this.#clock.in(giveUpAt - performance.now()))
            const places = values.map((_, index) => `$${index + 1}`).join(', ')
            return [`SELECT ${quoteName(this.#schema)}.${name}(${places}) AS answer`, ...values]
          },
          giveUpAt - performance.now(),
        )
        this.#clock.told(numberOf(answer, 'now'))
        if (fieldOf(answer, 'outcome') !== 'late') return answer
        // The clock of the server, or of this machine in a sleep, has gone another way than was thought; now it is known again.
        if (isSecond || performance.now() >= giveUpAt) throw tooLate(action)
      }
    })
  }

  /** Somebody may have dropped the schema since: then it is created again, once. */
  async #whenReady<Result>(work: () => Promise<Result>): Promise<Result> {
    const wasReady = this.#ready !== undefined
    await this.#prepare()
    try {
      return await work()
    } catch (error) {
      if (!wasReady || !(error instanceof SessionError) || problemOf(error.cause) !== 'missing') throw error
      this.#ready = undefined
      await this.#prepare()
      return work()
    }
  }

  #prepare(): Promise<void> {
    this.#ready ??= this.#open().catch((error: unknown) => {
      this.#ready = undefined
      throw error
    })
    return this.#ready
  }

  async #open(): Promise<void> {
    const action = { verb: `use the schema "${this.#schema}" in` }
    const seen = await this.#look(action)
    this.#clock.told(numberOf(seen, 'now'))
    assertSuitable(numberOf(seen, 'serverVersion'), textOf(seen, 'isolation'))
    if (fieldOf(seen, 'hasSchema') !== true) await this.#create()
    else {
      const version = await this.#connection.ask(action, () => [`SELECT ${this.#inSchema('schema_version()')}::text AS answer`])
      if (typeof version !== 'number' || version > SCHEMA_VERSION) throw newerSchema(this.#schema, version)
      if (version < SCHEMA_VERSION || !isWhole(seen)) await this.#create()
    }
  }

  async #create(): Promise<void> {
    const action = { verb: `create the tables in schema "${this.#schema}" of` }
    try {
      await this.#connection.ask(action, () => [migration(this.#schema)])
    } catch (error) {
      if (error instanceof SessionError && problemOf(error.cause) === 'denied') throw mayNotCreate(this.#schema, error)
      // Of many that create it at once the server lets some fail, whatever they wait for.
      if (!isWhole(await this.#look(action))) throw error
    }
  }

  #look(action: PostgresAction): Promise<unknown> {
    return this.#connection.ask(action, () => [LOOK, this.#inSchema('schema_version()'), this.#inSchema(CLUSTER_MARK)])
  }

  #inSchema(name: string): string {
    return `${quoteName(this.#schema)}.${name}`
  }
}

function isWhole(seen: unknown): boolean {
  return fieldOf(seen, 'hasSchema') === true && fieldOf(seen, 'hasCluster') === true
}

/** A newer version of the library has made the schema. */
function newerSchema(schema: string, version: unknown): SessionError {
  return new SessionError(
    'STORE_UNAVAILABLE',
    `The schema "${schema}" of PostgreSQL has version ${String(version)}, but this baileys-sessions only knows version ${SCHEMA_VERSION}: a newer one has used it. Update baileys-sessions. Nothing was changed.`,
  )
}

function mayNotCreate(schema: string, cause: SessionError): SessionError {
  return new SessionError(
    'STORE_UNAVAILABLE',
    `The schema "${schema}" of PostgreSQL has no baileys-sessions tables yet, or those of an older version, and this user may not create them. Let a user who may run the SQL that postgresSchema({ schema, role }) of "baileys-sessions/postgres" returns; role is the user of your application.`,
    { cause },
  )
}

function assertSuitable(serverVersion: number, isolation: string | null): void {
  if (serverVersion < OLDEST_SERVER)
    throw new SessionError('STORE_UNAVAILABLE', `This PostgreSQL is of version ${Math.floor(serverVersion / 10_000)}; version 13 or later is needed.`)
  if (isolation === 'read committed') return
  throw new SessionError(
    'STORE_UNAVAILABLE',
    `The transactions of this user are "${isolation}", but a writer has to see what was committed before it. Give the store a user of its own, with ALTER ROLE … SET default_transaction_isolation = 'read committed'.`,
  )
}

function tooLate({ verb, sessionId }: PostgresAction): SessionError {
  return new SessionError('STORE_UNAVAILABLE', `Could not ${verb} PostgreSQL in time. Nothing was changed.`, { sessionId })
}
