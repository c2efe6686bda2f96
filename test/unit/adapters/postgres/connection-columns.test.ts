import { expect, it } from 'vitest'
import { PostgresConnectionRepository, type PostgresConnectionRepositoryOptions, postgresConnectionsTable } from '../../../../src/postgres.js'

const client = { query: async () => ({ rows: [] }) }

// As code without types may call it.
const open = (options: unknown): PostgresConnectionRepository => new PostgresConnectionRepository(options as PostgresConnectionRepositoryOptions)

it.each([
  [{}, /"client"/u],
  [{ client, table: '' }, /"table" must be a name/u],
  [{ client, table: 'a.b.c' }, /"schema.table"/u],
  [{ client, table: 7 }, /"table" must be a name/u],
  [{ client, columns: { sesionId: 'id' } }, /Did you mean "columns.sessionId"/u],
  [{ client, columns: { sessionId: null } }, /"columns.sessionId" must name a column/u],
  [{ client, columns: { status: 7 } }, /"columns.status" must be a name/u],
  [{ client, columns: { status: 'state', reason: 'state' } }, /"state" is named twice/u],
  [{ client, columns: { owner: 'session_id' } }, /"session_id" is named twice/u],
])('options that cannot be used are refused at once: %j', (options, message) => {
  expect(() => open(options)).toThrow(message)
})

it('the SQL of a table has the columns that are named, and no others', () => {
  expect(postgresConnectionsTable({ table: 'app.wa', columns: { sessionId: 'Instance', reason: null, owner: false } }))
    .toBe(`CREATE TABLE IF NOT EXISTS "app"."wa" (
  "Instance" text PRIMARY KEY,
  "status" text NOT NULL DEFAULT 'disconnected',
  "phone_number" text,
  "last_connected_at" timestamptz,
  "last_disconnect" jsonb,
  "updated_at" timestamptz NOT NULL DEFAULT now(),
  "metadata" jsonb NOT NULL DEFAULT '{}'
);
`)
})

it('a value that no column holds is refused before anything is asked of the server', async () => {
  const repository = open({ client })
  await expect(repository.save('a', { phoneNumber: 5 as unknown as string })).rejects.toMatchObject({ code: 'REPOSITORY_FAILED' })
})
