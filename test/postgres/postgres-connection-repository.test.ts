import { afterAll, expect, it } from 'vitest'
import { postgresConnectionsTable } from '../../src/adapters/postgres/connections-table.js'
import { PostgresConnectionRepository } from '../../src/adapters/postgres/postgres-connection-repository.js'
import { PG_POOL } from './postgres-clients.js'
import { newSchema, PostgresSubjects } from './postgres-subjects.js'

const subjects = new PostgresSubjects(PG_POOL)
afterAll(() => subjects[Symbol.asyncDispose]())

/** The only row of a table. */
async function onlyRow(table: string): Promise<unknown> {
  const { rows } = await subjects.client.query(`SELECT * FROM ${table}`, [])
  expect(rows).toHaveLength(1)
  return rows[0]
}

/** A table as an application may have had it for long, whose types are its own. */
async function ownTable(): Promise<{ table: string; repository: PostgresConnectionRepository }> {
  const table = newSchema()
  await subjects.run(`CREATE TYPE ${table}_status AS ENUM ('disconnected', 'connecting', 'connected', 'logged_out')`)
  await subjects.run(`CREATE TABLE ${table} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant uuid NOT NULL,
    instance varchar(100) UNIQUE,
    state ${table}_status NOT NULL DEFAULT 'disconnected',
    "phoneNumber" bigint,
    "connectedAt" timestamp,
    last_error json,
    extra text,
    "updatedAt" text
  )`)
  const repository = new PostgresConnectionRepository({
    client: subjects.client,
    table,
    columns: {
      sessionId: 'instance',
      status: 'state',
      reason: null,
      phoneNumber: 'phoneNumber',
      lastConnectedAt: 'connectedAt',
      lastDisconnect: 'last_error',
      owner: false,
      updatedAt: 'updatedAt',
      metadata: 'extra',
    },
  })
  return { table, repository }
}

const TENANT = '2f1c9a50-6b1e-4b7e-9d6f-0f4c1f6d9a11'
const at = new Date('2026-03-01T10:20:30.456Z')

it('lies over a table that an application has: its columns, its types, and what else it keeps there', async () => {
  const { table, repository } = await ownTable()
  await subjects.run(`INSERT INTO ${table} (tenant, instance) VALUES ('${TENANT}', 'shop')`)
  await subjects.run(`INSERT INTO ${table} (tenant) VALUES ('${TENANT}')`)
  expect(await repository.find('shop')).toMatchObject({ sessionId: 'shop', status: 'disconnected', phoneNumber: null, metadata: {} })
  const lastDisconnect = { code: 515, cause: 'restart_required', message: 'again', at } as const
  await repository.save('shop', {
    status: 'connected',
    reason: 'restoring',
    phoneNumber: '5511999990000',
    lastConnectedAt: at,
    lastDisconnect,
    owner: 'me',
    updatedAt: at,
    metadata: { plan: 'gold', nested: ['a\0', { é: null }] },
  })
  expect(await repository.find('shop')).toEqual({
    sessionId: 'shop',
    status: 'connected',
    reason: null,
    phoneNumber: '5511999990000',
    lastConnectedAt: at,
    lastDisconnect,
    owner: null,
    updatedAt: at,
    metadata: { plan: 'gold', nested: ['a\0', { é: null }] },
  })
  // The row without an id belongs to no session.
  expect((await repository.findAll()).map(({ sessionId }) => sessionId)).toEqual(['shop'])
  await subjects.run(`DELETE FROM ${table} WHERE instance IS NULL`)
  expect(await onlyRow(table)).toMatchObject({ tenant: TENANT, instance: 'shop', state: 'connected', phoneNumber: '5511999990000' })
  await repository.delete('shop')
  expect(await repository.find('shop')).toBeNull()
})

it("a row that the application's own columns do not allow is refused, and says what to do; one that is there can be changed", async () => {
  const { table, repository } = await ownTable()
  await expect(repository.save('shop', { status: 'connected' })).rejects.toMatchObject({
    code: 'REPOSITORY_FAILED',
    sessionId: 'shop',
    message: expect.stringMatching(/Columns of your own need a default.*SQLSTATE 23502/u),
  })
  await subjects.run(`INSERT INTO ${table} (tenant, instance) VALUES ('${TENANT}', 'shop')`)
  await repository.save('shop', { status: 'connected' })
  expect(await onlyRow(table)).toMatchObject({ state: 'connected' })
})

it.each([
  ['there is no such table', '', {}, /no such table.*postgresConnectionsTable\(\).*42P01/u],
  ['it lacks a column', 'CREATE TABLE @ (session_id text PRIMARY KEY)', {}, /not all of the columns.*42703/u],
  [
    'nothing keeps its ids apart',
    'CREATE TABLE @ (session_id text, status text)',
    { reason: null, phoneNumber: null, lastConnectedAt: null, lastDisconnect: null, owner: null, updatedAt: null, metadata: null },
    /UNIQUE constraint.*42P10/u,
  ],
])('says what is wrong with a table: %s', async (_what, sql, columns, message) => {
  const table = newSchema()
  if (sql !== '') await subjects.run(sql.replace('@', table))
  const repository = new PostgresConnectionRepository({ client: subjects.client, table, columns })
  await expect(repository.save('shop', { status: 'connected' })).rejects.toMatchObject({ code: 'REPOSITORY_FAILED', message: expect.stringMatching(message) })
})

it('what is no date or no JSON in the table is told without quoting it', async () => {
  const { table, repository } = await ownTable()
  await subjects.run(`INSERT INTO ${table} (tenant, instance, extra) VALUES ('${TENANT}', 'shop', '{"secret')`)
  await expect(repository.find('shop')).rejects.toMatchObject({ code: 'REPOSITORY_FAILED', message: expect.not.stringContaining('secret') })
  await subjects.run(`UPDATE ${table} SET extra = NULL, "updatedAt" = 'yesterday'`)
  await expect(repository.find('shop')).rejects.toMatchObject({ code: 'REPOSITORY_FAILED', message: expect.stringContaining('"updatedAt" is not a date') })
})

it('finds all rows of a long table, each once', async () => {
  const table = newSchema()
  await subjects.run(postgresConnectionsTable({ table }))
  await subjects.run(`INSERT INTO ${table} (session_id) SELECT 's' || n FROM generate_series(1, 1250) AS n`)
  const repository = new PostgresConnectionRepository({ client: subjects.client, table })
  expect(new Set((await repository.findAll()).map(({ sessionId }) => sessionId)).size).toBe(1250)
  expect(await repository.findAll()).toHaveLength(1250)
})

it('a table in another schema is found by both names', async () => {
  const schema = newSchema()
  await subjects.run(`CREATE SCHEMA ${schema}`)
  const table = `${schema}.Connections`
  await subjects.run(postgresConnectionsTable({ table }))
  const repository = new PostgresConnectionRepository({ client: subjects.client, table })
  await repository.save('shop', {})
  expect(await repository.find('shop')).toMatchObject({ sessionId: 'shop', status: 'disconnected' })
})
