import { inspect } from 'node:util'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { postgresConnectionsTable } from '../../src/adapters/postgres/connections-table.js'
import { SupabaseConnectionRepository, type SupabaseConnectionRepositoryOptions } from '../../src/supabase.js'
import { newSchema } from '../postgres/postgres-subjects.js'
import { deferred } from '../support/deferred.js'
import { clientOf, startProject } from './supabase-projects.js'

const project = await startProject()
const client = clientOf(project)
afterAll(() => project[Symbol.asyncDispose]())
afterEach(() => {
  project.interceptor = null
  project.maxRows = 1000
  vi.useRealTimers()
})

const open = (table: string, options: Partial<SupabaseConnectionRepositoryOptions> = {}): SupabaseConnectionRepository =>
  new SupabaseConnectionRepository({ client, table, ...options })

/** A table as `postgresConnectionsTable` makes it. */
async function newTable(): Promise<string> {
  const table = newSchema()
  await project.run(postgresConnectionsTable({ table }))
  return table
}

/** What the requests of a piece of work were. */
async function requestsOf(work: () => Promise<unknown>): Promise<string[]> {
  project.requests.length = 0
  await work()
  return project.requests.map((request) => request.replace(/\?.*/su, ''))
}

it.each([1000, 3, 1])('finds all rows where the server answers %i at most', async (maxRows) => {
  const table = await newTable()
  await project.run(`INSERT INTO ${table} (session_id) SELECT 's' || n FROM generate_series(1, 7) AS n`)
  project.maxRows = maxRows
  const ids = (await open(table).findAll()).map(({ sessionId }) => sessionId)
  expect(ids).toEqual(['s1', 's2', 's3', 's4', 's5', 's6', 's7'])
})

it('finds more rows than it asks for at once', async () => {
  const table = await newTable()
  await project.run(`INSERT INTO ${table} (session_id) SELECT 's' || n FROM generate_series(1, 2100) AS n`)
  const records = await open(table).findAll()
  const { count } = await client.from(table).select('*', { count: 'exact', head: true })
  expect(count).toBe(2100)
  expect(new Set(records.map(({ sessionId }) => sessionId)).size).toBe(2100)
  expect(records).toHaveLength(2100)
})

it('asks once for a row that is there, and twice for one that is new', async () => {
  const repository = open(await newTable())
  expect(await requestsOf(() => repository.save('a', { status: 'connecting' }))).toEqual([expect.stringMatching(/^PATCH/u), expect.stringMatching(/^POST/u)])
  expect(await requestsOf(() => repository.save('a', { status: 'connected' }))).toEqual([expect.stringMatching(/^PATCH/u)])
  expect(await requestsOf(() => repository.save('a', {}))).toEqual([expect.stringMatching(/^GET/u)])
})

it('lies over a table whose types are its own, and whose names need quotes', async () => {
  const table = newSchema()
  await project.run(`CREATE TYPE ${table}_status AS ENUM ('disconnected', 'connected')`)
  await project.run(`CREATE TABLE ${table} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text NOT NULL,
    "limit" varchar(100) UNIQUE,
    "st.ate" ${table}_status NOT NULL DEFAULT 'disconnected',
    "the ""phone"", or \\" bigint,
    "connectedAt" timestamp,
    "order" json,
    extra text
  )`)
  const columns = {
    sessionId: 'limit',
    status: 'st.ate',
    reason: null,
    phoneNumber: 'the "phone", or \\',
    lastConnectedAt: 'connectedAt',
    lastDisconnect: 'order',
    owner: false,
    updatedAt: null,
    metadata: 'extra',
  } as const
  const repository = open(table, { columns })
  await project.run(`INSERT INTO ${table} (tenant, "limit") VALUES ('t', 'shop'), ('t', 'other'), ('t', NULL)`)
  const at = new Date('2026-03-01T10:20:30.456Z')
  const lastDisconnect = { code: 515, cause: 'restart_required', message: 'again', at } as const
  const saved = {
    status: 'connected',
    phoneNumber: '95511999990000123',
    lastConnectedAt: at,
    lastDisconnect,
    metadata: { plan: ['gold\0', { é: null }] },
  } as const
  await repository.save('shop', { ...saved, metadata: { plan: ['gold\0', { é: null }] } })
  expect(await repository.find('shop')).toMatchObject({ sessionId: 'shop', reason: null, owner: null, ...saved })
  expect(await repository.find('other')).toMatchObject({ status: 'disconnected', phoneNumber: null, metadata: {} })
  // The row without an id belongs to no session.
  expect((await repository.findAll()).map(({ sessionId }) => sessionId)).toEqual(['other', 'shop'])
  await repository.delete('shop')
  expect(await project.run(`SELECT tenant, "limit" FROM ${table} ORDER BY "limit"`)).toEqual([
    { tenant: 't', limit: 'other' },
    { tenant: 't', limit: null },
  ])
})

it('refuses a column of the id that would let a change loose on every row', () => {
  expect(() => open('t', { columns: { sessionId: 'a.b' } })).toThrow(/"columns.sessionId" must be a name without a dot/u)
})

it.each([
  ['there is no such table', '', {}, /shows no such table.*postgresConnectionsTable\(\).*PGRST205/u],
  ['it lacks a column that is changed', 'CREATE TABLE @ (session_id text PRIMARY KEY)', {}, /not all of the columns.*PGRST204/u],
  ['it lacks the column of the id', 'CREATE TABLE @ (id int, status text)', {}, /not all of the columns.*42703/u],
  ['nothing keeps its ids apart', 'CREATE TABLE @ (session_id text, status text)', 'status', /UNIQUE constraint.*42P10/u],
  [
    'a column of its own has no default',
    'CREATE TABLE @ (session_id text PRIMARY KEY, status text, own text NOT NULL)',
    'status',
    /Columns of your own.*23502/u,
  ],
  ['a column has another type', 'CREATE TABLE @ (session_id text PRIMARY KEY, status int)', 'status', /type of a column.*22P02/u],
])('says what is wrong with a table: %s', async (_what, sql, columns, message) => {
  const table = newSchema()
  if (sql !== '') await project.run(sql.replace('@', table))
  const none = { reason: null, phoneNumber: null, lastConnectedAt: null, lastDisconnect: null, owner: null, updatedAt: null, metadata: null }
  const repository = open(table, { columns: columns === 'status' ? none : {} })
  const code = /[0-9A-Z]{5,8}$/u.exec(message.source)?.[0]
  await expect(repository.save('shop', { status: 'connected' })).rejects.toMatchObject({
    code: 'REPOSITORY_FAILED',
    sessionId: 'shop',
    message: expect.stringMatching(message),
    cause: { code },
  })
})

it('says what is wrong with a schema that the API does not show', async () => {
  const hidden = client.schema('app')
  await expect(new SupabaseConnectionRepository({ client: hidden }).find('a')).rejects.toThrow(/schema of the client.*PGRST106/u)
})

it('what is no date or no JSON in the table is told without quoting it', async () => {
  const table = newSchema()
  await project.run(`CREATE TABLE ${table} (session_id text PRIMARY KEY, metadata text)`)
  await project.run(`INSERT INTO ${table} VALUES ('shop', '{"secret')`)
  const columns = { status: null, reason: null, phoneNumber: null, lastConnectedAt: null, lastDisconnect: null, owner: null, updatedAt: null }
  const found = open(table, { columns }).find('shop')
  await expect(found).rejects.toMatchObject({ code: 'REPOSITORY_FAILED', message: expect.not.stringContaining('secret') })
})

it('a connection that is lost on the way is asked again', async () => {
  const repository = open(await newTable())
  await repository.save('a', {})
  let lost = 0
  project.interceptor = (request) => {
    lost += 1
    project.interceptor = null
    request.destroy()
  }
  await repository.save('a', { owner: 'me' })
  expect(lost).toBe(1)
  expect(await repository.find('a')).toMatchObject({ owner: 'me' })
})

it('a server that never answers holds nobody up, and its request is broken off', async () => {
  const repository = open(await newTable())
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const came = deferred()
  const gone = deferred()
  project.interceptor = (_request, response) => {
    response.once('close', () => gone.resolve())
    came.resolve()
  }
  const found = repository.find('a')
  found.catch(() => undefined)
  await came.promise
  await vi.advanceTimersByTimeAsync(10_000)
  await expect(found).rejects.toMatchObject({ code: 'REPOSITORY_FAILED', message: expect.stringMatching(/did not answer in time.*TIMEOUT/u) })
  await gone.promise
})

it.each([
  ['a page instead of rows', 200, '<html>', /not one of PostgREST.*HTTP 200/u],
  ['something that is no list', 200, '{}', /not one of PostgREST.*HTTP 200/u],
  ['nothing', 404, '', /not one of PostgREST.*HTTP 204/u],
  ['a page of a gateway', 502, '<html>', /cannot be reached.*HTTP 502/u],
  ['too many requests', 429, '{"message":"slow down"}', /limit of requests.*HTTP 429/u],
])('%s is a failure, never "nothing is there"', async (_what, status, body, message) => {
  const repository = open(await newTable())
  project.interceptor = (_request, response) => response.writeHead(status).end(body)
  for (const call of [() => repository.find('a'), () => repository.findAll(), () => repository.save('a', {}), () => repository.delete('a')]) {
    await expect(call()).rejects.toMatchObject({ code: 'REPOSITORY_FAILED', message: expect.stringMatching(message) })
  }
})

it('a server that is gone is told with the code of the system', async () => {
  const gone = await startProject()
  const away = clientOf(gone, gone.keys.serviceRole)
  await gone[Symbol.asyncDispose]()
  const found = new SupabaseConnectionRepository({ client: away }).find('a')
  await expect(found).rejects.toMatchObject({ code: 'REPOSITORY_FAILED', message: expect.stringMatching(/cannot be reached.*ECONNREFUSED/u) })
})

it('no message and no cause has the key in it', async () => {
  const warning = vi.spyOn(process, 'emitWarning').mockReturnValue()
  const keys = [project.keys.token({ role: 'nobody' }), 'sb_publishable_of-another-project']
  const outcomes = await Promise.all(
    keys.map((key) => new SupabaseConnectionRepository({ client: clientOf(project, key) }).find('a').catch((error: unknown) => error)),
  )
  expect(warning).toHaveBeenCalledTimes(2)
  for (const told of [...outcomes, ...warning.mock.calls]) {
    for (const key of keys) expect(inspect(told, { depth: Infinity, showHidden: true })).not.toContain(key)
  }
  for (const outcome of outcomes) expect(outcome).toMatchObject({ code: 'REPOSITORY_FAILED', message: expect.stringContaining('does not accept the key') })
})
