import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { PostgrestServerError } from './postgrest-error.js'
import { type Caller, PostgrestKeys } from './postgrest-keys.js'
import { type PostgrestRequest, readRequest } from './postgrest-request.js'
import { countOf, type Statement, statementOf } from './postgrest-statement.js'

/** Takes a request away from the server. */
export type Interceptor = (request: IncomingMessage, response: ServerResponse) => void

/** What a server is started with. */
export interface PostgrestServerOptions {
  /** The PostgreSQL server behind it. */
  readonly postgresUrl: string
  /** The schema that it shows as `public`, and no other. It is made, with rights in it as Supabase gives them to its roles. */
  readonly schema: string
  /** How many rows it answers at most. */
  readonly maxRows?: number
}

/**
 * A small PostgREST on 127.0.0.1, with the gateway that Supabase has before it, over a real PostgreSQL: tables of one schema, their filters,
 * order and limits, changes with what they return, roles by key or token, policies, and errors as PostgREST words them. No functions, no
 * embedded tables. Its requests, statuses and codes are those of PostgREST 12 to 14.
 */
export class PostgrestServer implements AsyncDisposable {
  readonly keys: PostgrestKeys = new PostgrestKeys()
  readonly schema: string
  /** The most rows that it answers at once. */
  maxRows: number
  /** Gets every request, while there is one. */
  interceptor: Interceptor | null = null
  /** The method and the path of every request that came. */
  readonly requests: string[] = []
  /** The columns of the tables that were asked for. */
  readonly #seen = new Map<string, readonly string[]>()
  readonly #pool: pg.Pool
  readonly #server: Server

  private constructor({ postgresUrl, schema, maxRows = 1000 }: PostgrestServerOptions) {
    this.schema = schema
    this.maxRows = maxRows
    this.#pool = new pg.Pool({ connectionString: postgresUrl, max: 10 })
    this.#pool.on('error', () => undefined)
    this.#server = createServer((request, response) => void this.#receive(request, response))
  }

  /** Makes schema and roles, and listens on a free port. */
  static async start(options: PostgrestServerOptions): Promise<PostgrestServer> {
    const server = new PostgrestServer(options)
    await server.#prepare()
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  /** The URL of the project. */
  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('The server does not listen.')
    return `http://127.0.0.1:${address.port}`
  }

  /** Runs statements as the owner of the database, in the schema that is shown. */
  async run(sql: string): Promise<unknown[]> {
    const client = await this.#pool.connect()
    try {
      await client.query(`SET search_path TO "${this.schema}"`)
      const results: pg.QueryResult<object> | pg.QueryResult<object>[] = await client.query<object>(sql)
      return [results].flat().at(-1)?.rows ?? []
    } finally {
      client.release(true)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
    await this.#pool.end()
  }

  async #prepare(): Promise<void> {
    for (const role of ['anon NOLOGIN', 'authenticated NOLOGIN', 'service_role NOLOGIN BYPASSRLS']) {
      // Another server may make it at the same moment.
      await this.#pool.query(`DO $$ BEGIN CREATE ROLE ${role}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`)
    }
    await this.#pool.query(`CREATE SCHEMA "${this.schema}"`)
    await this.#pool.query(`GRANT USAGE ON SCHEMA "${this.schema}" TO anon, authenticated, service_role`)
    await this.#pool.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA "${this.schema}" GRANT ALL ON TABLES TO anon, authenticated, service_role`)
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method ?? ''} ${decodeURIComponent(request.url ?? '')}`)
    if (this.interceptor !== null) {
      this.interceptor(request, response)
      return
    }
    let isAnonymous = true
    try {
      const caller = this.keys.callerOf(request.headers)
      isAnonymous = caller.role === 'anon'
      checkSchema(request)
      await this.#answer(caller, readRequest(request, await text(request)), response)
    } catch (error) {
      const { status, body } = PostgrestServerError.of(error, isAnonymous)
      respond(response, status, JSON.stringify(body))
    }
  }

  async #answer(caller: Caller, request: PostgrestRequest, response: ServerResponse): Promise<void> {
    await this.#checkNames(request)
    const { body, rows, total } = await this.#transaction(caller, request)
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    const range = rows === 0 ? '*' : `${request.offset}-${request.offset + rows - 1}`
    response.setHeader('Content-Range', `${range}/${total ?? '*'}`)
    if (isRead) respond(response, total !== null && total > rows ? 206 : 200, request.method === 'HEAD' ? '' : body)
    else if (request.preferences.has('return=representation')) respond(response, request.method === 'POST' ? 201 : 200, body)
    else respond(response, request.method === 'POST' ? 201 : 204, '')
  }

  /** Tables and columns that PostgREST has not seen are refused before the database is asked. */
  async #checkNames({ table, rows }: PostgrestRequest): Promise<void> {
    const columns = await this.#columnsOf(table)
    if (columns.length === 0) {
      throw new PostgrestServerError(404, 'PGRST205', `Could not find the table 'public.${table}' in the schema cache`)
    }
    const unknown = Object.keys(rows[0] ?? {}).find((name) => !columns.includes(name))
    if (unknown !== undefined) {
      throw new PostgrestServerError(400, 'PGRST204', `Could not find the '${unknown}' column of '${table}' in the schema cache`)
    }
  }

  async #columnsOf(table: string): Promise<readonly string[]> {
    const seen = this.#seen.get(table)
    if (seen !== undefined) return seen
    const { rows } = await this.#pool.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = $1::text::regnamespace AND relname = $2 AND attnum > 0 AND NOT attisdropped`,
      [this.schema, table],
    )
    const columns = rows.map(({ name }) => name)
    if (columns.length > 0) this.#seen.set(table, columns)
    return columns
  }

  async #transaction(caller: Caller, request: PostgrestRequest): Promise<{ body: string; rows: number; total: number | null }> {
    const client = await this.#pool.connect()
    const ask = async (statement: Statement): Promise<{ body: string; rows: number }> => {
      const { rows } = await client.query<{ body: string; rows: number }>(...statement)
      return rows[0] ?? { body: '[]', rows: 0 }
    }
    try {
      const claims = pg.escapeLiteral(JSON.stringify(caller.claims))
      await client.query(`BEGIN; SET LOCAL ROLE ${pg.escapeIdentifier(caller.role)}; SET LOCAL "request.jwt.claims" = ${claims}`)
      const answer = await ask(statementOf(request, this.schema, this.maxRows))
      const total = request.preferences.has('count=exact') ? (await ask(countOf(request, this.schema))).rows : null
      await client.query('COMMIT')
      return { ...answer, total }
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    } finally {
      client.release()
    }
  }
}

function checkSchema({ headers }: IncomingMessage): void {
  const schema = headers['content-profile'] ?? headers['accept-profile'] ?? 'public'
  if (schema === 'public') return
  throw new PostgrestServerError(406, 'PGRST106', `Invalid schema: ${String(schema)}`, null, 'Only the following schemas are exposed: public')
}

function respond(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, body === '' ? {} : { 'Content-Type': 'application/json; charset=utf-8' })
  response.end(body)
}
