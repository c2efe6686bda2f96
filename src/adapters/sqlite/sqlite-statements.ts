import { fromColumn } from '../column-text.js'
import type { SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite-database.js'

/** A row by column name. */
export type SqliteRow = Readonly<Record<string, unknown>>

/** The statements of one connection, each prepared once. */
export class SqliteStatements {
  readonly #database: SqliteDatabase
  readonly #prepared = new Map<string, SqliteStatement>()

  /** Prepares nothing yet. */
  constructor(database: SqliteDatabase) {
    this.#database = database
  }

  /** The rows that a statement gives. Always all of them, so that no statement is left half way, which would hold the log up. */
  rows(sql: string, ...values: SqliteValue[]): SqliteRow[] {
    return this.#statement(sql)
      .all(...values)
      .filter(isRow)
  }

  /** Runs a statement that gives no rows. */
  run(sql: string, ...values: SqliteValue[]): void {
    this.#statement(sql).run(...values)
  }

  #statement(sql: string): SqliteStatement {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}

function isRow(row: unknown): row is SqliteRow {
  return typeof row === 'object' && row !== null
}

/** A text of a row; `null` when the column holds something else. */
export function textOf(row: SqliteRow | undefined, column: string): string | null {
  const value = row?.[column]
  return typeof value === 'string' ? fromColumn(value) : null
}

/** A number of a row, which some connections give as a bigint; 0 when the column holds something else. */
export function numberOf(row: SqliteRow | undefined, column: string): number {
  const value = row?.[column]
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0
}
