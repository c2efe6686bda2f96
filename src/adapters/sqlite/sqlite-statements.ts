import type { SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite-database.js'

const MARK = '\u0001'

const HALF_CHARACTERS = /\p{Surrogate}/gu

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

/**
 * A text as it stands in a column: what SQLite cannot keep (half characters), or a driver would cut off (a zero character
 * ends the text for some), is written as the mark and four hexadecimal digits. All other texts stand as they are.
 */
export function toColumn(text: string): string {
  return text.replaceAll(MARK, escaped).replaceAll('\0', escaped).replace(HALF_CHARACTERS, escaped)
}

/** The text that {@link toColumn} was given. */
export function fromColumn(column: string): string {
  if (!column.includes(MARK)) return column
  const [first = '', ...rest] = column.split(MARK)
  return first + rest.map(unescaped).join('')
}

function escaped(character: string): string {
  return MARK + character.charCodeAt(0).toString(16).padStart(4, '0')
}

/** A mark that somebody else has written stays. */
function unescaped(part: string): string {
  const digits = part.slice(0, 4)
  return /^[0-9a-f]{4}$/.test(digits) ? String.fromCharCode(Number.parseInt(digits, 16)) + part.slice(4) : MARK + part
}
