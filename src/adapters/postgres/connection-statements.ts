import type { MappedColumn, MappedColumns } from './connection-columns.js'
import { quoteName, type PostgresValue } from './postgres-client.js'

/** A statement with its parameters. All of them are text: which type a column has is known to the server, not to drivers. */
type Statement = readonly [sql: string, ...params: PostgresValue[]]

/** The statements of a repository over one table. */
export class ConnectionStatements {
  /** How many rows a page has. */
  readonly pageSize = 500
  readonly #table: string
  readonly #idName: string
  readonly #id: string
  readonly #row: string

  /** Takes the table as it stands in a statement. */
  constructor(table: string, columns: MappedColumns) {
    this.#table = table
    this.#idName = columns[0].column
    this.#id = quoteName(this.#idName)
    this.#row = `json_build_object(${columns.map((column) => `'${column.field}', ${readable(column)}`).join(', ')})`
  }

  /** The first rows, in the order of their ids. */
  firstPage(): Statement {
    return [this.#page(`FROM ${this.#table} AS connection WHERE ${this.#id} IS NOT NULL`)]
  }

  /** The rows after an id. */
  nextPage(after: string): Statement {
    return [this.#page(`FROM ${this.#table} AS connection, ${this.#given(1)} WHERE connection.${this.#id} > given.${this.#id}`), this.#key(after)]
  }

  /** One row. */
  find(sessionId: string): Statement {
    const sql = `SELECT ${this.#row}::text AS answer FROM ${this.#table} AS connection, ${this.#given(1)} WHERE connection.${this.#id} = given.${this.#id}`
    return [sql, this.#key(sessionId)]
  }

  /** Changes the columns that are named of the row that is there, or inserts the row. */
  save(sessionId: string, changed: readonly string[], row: ReadonlyMap<string, unknown>): Statement {
    const names = [...new Set([this.#idName, ...row.keys()])].map(quoteName)
    const set = (from: string): string => changed.map((column) => `${quoteName(column)} = ${from}.${quoteName(column)}`).join(', ')
    const insert = `INSERT INTO ${this.#table} (${names.join(', ')}) SELECT ${names.map((name) => `given.${name}`).join(', ')} FROM ${this.#given(1)}`
    const value = JSON.stringify({ ...Object.fromEntries(row), [this.#idName]: sessionId })
    if (changed.length === 0) return [`${insert} ON CONFLICT (${this.#id}) DO NOTHING`, value]
    // First the row that is there: an INSERT would be refused for want of the application's own columns, even where it comes to nothing.
    const sql = `WITH changed AS (
  UPDATE ${this.#table} AS connection SET ${set('given')} FROM ${this.#given(1)} WHERE connection.${this.#id} = given.${this.#id} RETURNING 1)
${insert} WHERE NOT EXISTS (SELECT FROM changed) ON CONFLICT (${this.#id}) DO UPDATE SET ${set('excluded')}`
    return [sql, value]
  }

  /** Removes one row. */
  delete(sessionId: string): Statement {
    return [`DELETE FROM ${this.#table} AS connection USING ${this.#given(1)} WHERE connection.${this.#id} = given.${this.#id}`, this.#key(sessionId)]
  }

  #page(source: string): string {
    return `SELECT json_agg(page.entry)::text AS answer FROM (
  SELECT ${this.#row} AS entry ${source} ORDER BY connection.${this.#id} LIMIT ${this.pageSize}) AS page`
  }

  /** A parameter that is a row as JSON, each of its values in the type of its column. */
  #given(parameter: number): string {
    return `json_populate_record(NULL::${this.#table}, $${parameter}::text::json) AS given`
  }

  #key(sessionId: string): string {
    return JSON.stringify({ [this.#idName]: sessionId })
  }
}

/** A column as it goes into JSON: a text stays one, whatever type the column has. */
function readable({ column, kind }: MappedColumn): string {
  return `connection.${quoteName(column)}${kind === 'text' ? '::text' : ''}`
}
