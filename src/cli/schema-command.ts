import { postgresConnectionsTable } from '../adapters/postgres/connections-table.js'
import { postgresSchema } from '../adapters/postgres/schema-sql.js'
import { type CommandEnvironment, EXIT, UsageError } from './command-environment.js'
import { type Command, type CommandRequest, operandOf, valueOf } from './command.js'
import type { Printer } from './printer.js'

/** `schema`: the SQL of the tables, for where the application may not create them. */
export const schemaCommand: Command = {
  name: 'schema',
  summary: 'Prints the SQL that creates the tables of a PostgresSessionStore and a PostgresConnectionRepository.',
  operands: ['engine'],
  options: {
    schema: { value: 'name', meaning: 'The schema of the store. Without it, baileys_sessions.' },
    role: { value: 'name', meaning: 'Also grants this role what the store needs: the user of your application.' },
    table: { value: 'name', meaning: 'The table of connections. Without it, whatsapp_connections.' },
  },
  remarks: ['The engine is postgres. The SQL may be run again, and by a newer version: what is there stays. It connects to nothing.'],
  run: runSchema,
}

async function runSchema(request: CommandRequest, _environment: CommandEnvironment, printer: Printer): Promise<number> {
  const engine = operandOf(request, 0)
  if (engine !== 'postgres') throw new UsageError(`"${engine}" has no schema. The engine is postgres.`)
  const [schema, role, table] = ['schema', 'role', 'table'].map((option) => valueOf(request, option))
  const sessions = understand(() => postgresSchema({ ...(schema === undefined ? {} : { schema }), ...(role === undefined ? {} : { role }) }))
  const connections = understand(() => postgresConnectionsTable(table === undefined ? {} : { table }))
  printer.text(
    `-- The tables and functions of PostgresSessionStore.\n${sessions}\n-- The table of PostgresConnectionRepository, for who has none.\n${connections.trimEnd()}`,
  )
  return EXIT.fine
}

function understand(make: () => string): string {
  try {
    return make()
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw new UsageError(error.message)
    throw error
  }
}
