import type { MappedColumn, MappedColumns } from '../postgres/connection-columns.js'
import { asRequest, type SupabaseRequest, type SupabaseTable } from './supabase-client.js'

/** The requests of a repository over one table. Each answers with rows, so that an answer of something else is noticed. */
export class ConnectionRequests {
  /** The column of the id, as it stands in a request. */
  readonly #id: string
  /** The id alone, by the name of its field. */
  readonly #key: string
  /** All columns, by the names of their fields. */
  readonly #row: string

  /** Throws RangeError for a column that cannot be asked for. */
  constructor(columns: MappedColumns) {
    const [id] = columns
    // PostgREST leaves such a filter out of a change, which would then change every row.
    if (id.column.includes('.')) throw new RangeError(`Option "columns.sessionId" must be a name without a dot, but is ${JSON.stringify(id.column)}.`)
    this.#id = quote(id.column)
    this.#key = readable(id)
    this.#row = columns.map(readable).join(',')
  }

  /** Some rows in the order of their ids: the first, or those after an id. */
  page(table: SupabaseTable, after: string | null, rows: number): SupabaseRequest {
    const all = asRequest(table.select(this.#row))
    const some = after === null ? all.not(this.#id, 'is', null) : all.gt(this.#id, after)
    return some.order(this.#id).limit(rows)
  }

  /** One row. */
  find(table: SupabaseTable, key: string): SupabaseRequest {
    return asRequest(table.select(this.#row)).eq(this.#id, key)
  }

  /** Changes the columns that are given of a row that is there; it only looks for it when none is. */
  change(table: SupabaseTable, key: string, changed: ReadonlyMap<string, unknown>): SupabaseRequest {
    if (changed.size === 0) return asRequest(table.select(this.#key)).eq(this.#id, key)
    return asRequest(table.update(Object.fromEntries(changed)))
      .eq(this.#id, key)
      .select(this.#key)
  }

  /** Inserts a row, if none with its id is there. */
  insert(table: SupabaseTable, row: ReadonlyMap<string, unknown>): SupabaseRequest {
    return asRequest(table.upsert(Object.fromEntries(row), { onConflict: this.#id, ignoreDuplicates: true })).select(this.#key)
  }

  /** Removes one row. */
  delete(table: SupabaseTable, key: string): SupabaseRequest {
    return asRequest(table.delete()).eq(this.#id, key).select(this.#key)
  }
}

/** A column by the name of its field. A text stays one, whatever type the column has. */
function readable({ field, column, kind }: MappedColumn): string {
  return `${field}:${quote(column)}${kind === 'text' ? '::text' : ''}`
}

/** A name as it stands in a request, whatever characters it has; some names mean something else there without the quotes. */
function quote(column: string): string {
  return `"${column.replaceAll(/["\\]/gu, String.raw`\$&`)}"`
}
