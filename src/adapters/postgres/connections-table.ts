import { requireOptions } from '../../option-checks.js'
import { type MappedColumn, resolveColumns } from './connection-columns.js'
import { quoteName, resolveTable } from './postgres-client.js'
import type { PostgresConnectionRepositoryOptions } from './postgres-connection-repository.js'

/**
 * The SQL of a table for a {@link PostgresConnectionRepository}, for those who have none. Add columns of your own as you like.
 *
 * @throws TypeError or RangeError for an option that cannot be used.
 */
export function postgresConnectionsTable(options: Pick<PostgresConnectionRepositoryOptions, 'table' | 'columns'> = {}): string {
  requireOptions('', options, ['table', 'columns'])
  const [id, ...others] = resolveColumns(options.columns)
  const lines = [`${quoteName(id.column)} text PRIMARY KEY`, ...others.map((column) => `${quoteName(column.column)} ${typeOf(column)}`)]
  return `CREATE TABLE IF NOT EXISTS ${resolveTable(options.table)} (\n  ${lines.join(',\n  ')}\n);\n`
}

function typeOf({ field, kind }: MappedColumn): string {
  const type = { text: 'text', date: 'timestamptz', json: 'jsonb' }[kind]
  const rest = new Map([
    ['status', " NOT NULL DEFAULT 'disconnected'"],
    ['updatedAt', ' NOT NULL DEFAULT now()'],
    ['metadata', " NOT NULL DEFAULT '{}'"],
  ])
  return type + (rest.get(field) ?? '')
}
