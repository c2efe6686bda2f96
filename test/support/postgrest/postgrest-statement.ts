import type { Filter, PostgrestRequest, Selected } from './postgrest-request.js'

/** A statement with its parameters. */
export type Statement = readonly [sql: string, parameters: unknown[]]

/** The statement of a request: its one row has the rows as JSON, and how many there are. */
export function statementOf(request: PostgrestRequest, schema: string, maxRows: number): Statement {
  const table = `${quote(schema)}.${quote(request.table)}`
  const parameters: unknown[] = []
  const bind = (value: unknown): string => `$${parameters.push(value)}`
  const source = sourceOf(request, table, maxRows, bind)
  return [`WITH source AS (${source}) SELECT coalesce(json_agg(source), '[]')::text AS body, count(*)::int AS rows FROM source`, parameters]
}

/** The statement that counts what a request would read without a limit. */
export function countOf(request: PostgrestRequest, schema: string): Statement {
  const parameters: unknown[] = []
  const bind = (value: unknown): string => `$${parameters.push(value)}`
  const table = `${quote(schema)}.${quote(request.table)}`
  return [`SELECT count(*)::int AS rows FROM ${table} AS target ${whereOf(request.filters, bind)}`, parameters]
}

type Bind = (value: unknown) => string

function sourceOf(request: PostgrestRequest, table: string, maxRows: number, bind: Bind): string {
  // Who asks for no rows needs no right to read them.
  const returning = `RETURNING ${request.preferences.has('return=representation') ? selectOf(request.select) : '1'}`
  switch (request.method) {
    case 'POST':
      return `${insertOf(request, table, bind)} ${returning}`
    case 'PATCH':
      return `${updateOf(request, table, bind)} ${returning}`
    case 'DELETE':
      return `DELETE FROM ${table} AS target ${whereOf(request.filters, bind)} ${returning}`
    default: {
      const order = request.order.map(({ column, isDescending }) => `target.${quote(column)} ${isDescending ? 'DESC' : 'ASC'}`)
      const limit = `LIMIT ${Math.min(request.limit ?? maxRows, maxRows)} OFFSET ${request.offset}`
      const sorted = order.length === 0 ? '' : `ORDER BY ${order.join(', ')}`
      return `SELECT ${selectOf(request.select)} FROM ${table} AS target ${whereOf(request.filters, bind)} ${sorted} ${limit}`
    }
  }
}

function insertOf({ rows, onConflict, preferences }: PostgrestRequest, table: string, bind: Bind): string {
  const columns = Object.keys(rows[0] ?? {}).map(quote)
  const given = columns.map((column) => `given.${column}`).join(', ')
  const insert = `INSERT INTO ${table} AS target (${columns.join(', ')})
    SELECT ${given} FROM json_populate_recordset(NULL::${table}, ${bind(JSON.stringify(rows))}::json) AS given`
  const conflict = `ON CONFLICT ${onConflict.length === 0 ? '' : `(${onConflict.map(quote).join(', ')})`}`
  if (preferences.has('resolution=ignore-duplicates')) return `${insert} ${conflict} DO NOTHING`
  if (!preferences.has('resolution=merge-duplicates')) return insert
  return `${insert} ${conflict} DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`
}

function updateOf({ rows, filters }: PostgrestRequest, table: string, bind: Bind): string {
  const columns = Object.keys(rows[0] ?? {}).map(quote)
  const where = whereOf(filters, bind)
  return `UPDATE ${table} AS target SET ${columns.map((column) => `${column} = given.${column}`).join(', ')}
    FROM json_populate_record(NULL::${table}, ${bind(JSON.stringify(rows[0]))}::json) AS given ${where}`
}

function selectOf(select: readonly Selected[]): string {
  return select
    .map(({ column, alias, cast }) => {
      if (column === '*') return 'target.*'
      return `target.${quote(column)}${cast === null ? '' : `::${quote(cast)}`} AS ${quote(alias)}`
    })
    .join(', ')
}

function whereOf(filters: readonly Filter[], bind: Bind): string {
  return filters.length === 0 ? '' : `WHERE ${filters.map((filter) => conditionOf(filter, bind)).join(' AND ')}`
}

const OPERATORS: Readonly<Record<string, string>> = { eq: '=', neq: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=' }

function conditionOf({ column, isNegated, operator, value }: Filter, bind: Bind): string {
  const not = isNegated ? 'NOT ' : ''
  const name = `target.${quote(column)}`
  if (operator === 'is') return `${not}${name} IS ${/^(?:null|true|false|unknown)$/iu.test(value) ? value : 'NULL'}`
  // As a text of no type yet, as PostgREST sends it: it becomes what the column is.
  return `${not}${name} ${OPERATORS[operator] ?? '='} ${bind(value)}`
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
