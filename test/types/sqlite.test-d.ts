import type BetterSqlite from 'better-sqlite3'
import type Libsql from 'libsql'
import { expectTypeOf, test } from 'vitest'
import type { openSqliteDatabase, SqliteDatabase, SqliteOptions, SqliteStatement, SqliteValue } from '../../src/sqlite.js'

/** As Node 22 declares them; the declarations that are installed here are those of the oldest Node, which has no `node:sqlite`. */
declare class StatementSync {
  all(...anonymousParameters: (null | number | bigint | string | Uint8Array)[]): Record<string, null | number | bigint | string | Uint8Array>[]
  all(namedParameters: Record<string, null | number | bigint | string>, ...anonymousParameters: (null | number | bigint | string)[]): object[]
  get(...anonymousParameters: (null | number | bigint | string | Uint8Array)[]): object | undefined
  get(namedParameters: Record<string, null | number | bigint | string>, ...anonymousParameters: (null | number | bigint | string)[]): object | undefined
  run(...anonymousParameters: (null | number | bigint | string | Uint8Array)[]): { changes: number | bigint }
  run(
    namedParameters: Record<string, null | number | bigint | string>,
    ...anonymousParameters: (null | number | bigint | string)[]
  ): { changes: number | bigint }
}
declare class DatabaseSync {
  exec(sql: string): void
  prepare(sql: string): StatementSync
  close(): void
}

type Accepted = SqliteOptions['database']

test('the databases of every driver can be given as they are declared', () => {
  expectTypeOf<Libsql.Database>().toExtend<Accepted>()
  expectTypeOf<BetterSqlite.Database>().toExtend<Accepted>()
  expectTypeOf<DatabaseSync>().toExtend<Accepted>()
  // Two of them rule `null` out where nobody says what the values are, so a database is not asked for by the values that it takes.
  expectTypeOf<Libsql.Database>().not.toExtend<SqliteDatabase>()
  expectTypeOf<BetterSqlite.Database>().not.toExtend<SqliteDatabase>()
  expectTypeOf<SqliteDatabase>().toExtend<Accepted>()
  expectTypeOf<Awaited<ReturnType<typeof openSqliteDatabase>>>().toEqualTypeOf<SqliteDatabase>()
})

test('what answers with promises, or is no database, cannot', () => {
  expectTypeOf<{
    exec(sql: string): void
    prepare(sql: string): { all(): Promise<unknown[]>; get(): unknown; run(): unknown }
    close(): void
  }>().not.toExtend<Accepted>()
  expectTypeOf<string>().not.toExtend<Accepted>()
})

test('a database that the library opened takes the values that it names', () => {
  expectTypeOf<SqliteStatement['run']>().parameters.toEqualTypeOf<SqliteValue[]>()
})
