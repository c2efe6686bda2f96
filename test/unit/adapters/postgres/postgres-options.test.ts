import { expect, it } from 'vitest'
import { PostgresSessionStore, type PostgresSessionStoreOptions, postgresSchema } from '../../../../src/postgres.js'

const client = { query: async () => ({ rows: [] }) }

// As code without types may call it.
const open = (options: unknown): PostgresSessionStore => new PostgresSessionStore(options as PostgresSessionStoreOptions)

it.each([
  [{}, /"client"/u],
  [{ client: {} }, /"client.query"/u],
  [{ client: 'postgres://app@localhost/app' }, /"client" must be an object/u],
  [{ client, schema: 7 }, /"schema"/u],
  [{ client, schema: '' }, /1 to 63 bytes/u],
  [{ client, schema: 'é'.repeat(32) }, /1 to 63 bytes/u],
  [{ client, leaseMs: 1999 }, /"leaseMs" must be at least 2000/u],
  [{ client, leaseMs: '10s' }, /"leaseMs" must be a number/u],
  [{ client, leasems: 5000 }, /Did you mean "leaseMs"/u],
])('options that cannot be used are refused at once: %j', (options, message) => {
  expect(() => open(options)).toThrow(message)
})

it('a name is quoted, whatever is in it', () => {
  const sql = postgresSchema({ schema: 'a"; DROP SCHEMA public; --', role: 'it"s me' })
  expect(sql).toContain('CREATE SCHEMA IF NOT EXISTS "a""; DROP SCHEMA public; --";')
  expect(sql).toContain('GRANT USAGE ON SCHEMA "a""; DROP SCHEMA public; --" TO "it""s me";')
})

it('the script is one transaction, and grants nothing unless it is told to whom', () => {
  const sql = postgresSchema()
  expect(sql.startsWith('BEGIN;\n\nCREATE SCHEMA IF NOT EXISTS "baileys_sessions";')).toBe(true)
  expect(sql.endsWith('COMMIT;\n')).toBe(true)
  expect(sql).not.toContain('GRANT')
  expect(() => postgresSchema({ schema: '' })).toThrow(RangeError)
})
