import type { PGlite } from '@electric-sql/pglite'
import type pg from 'pg'
import type postgres from 'postgres'
import { expectTypeOf, test } from 'vitest'
import type { PostgresClient, PostgresSessionStoreOptions } from '../../src/postgres.js'

test('the clients that the documentation names can be given as they are declared', () => {
  expectTypeOf<pg.Pool>().toExtend<PostgresSessionStoreOptions['client']>()
  expectTypeOf<PGlite>().toExtend<PostgresClient>()
})

test('postgres.js can be wrapped as the documentation says', () => {
  const wrap = (sql: postgres.Sql): PostgresClient => ({ query: async (text, params) => ({ rows: await sql.unsafe(text, params) }) })
  expectTypeOf(wrap).returns.toExtend<PostgresClient>()
})

test('what has no promise of rows cannot', () => {
  expectTypeOf<{ query(text: string): void }>().not.toExtend<PostgresClient>()
  expectTypeOf<string>().not.toExtend<PostgresClient>()
})
