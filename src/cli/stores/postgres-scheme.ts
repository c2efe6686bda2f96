import { DEFAULT_SCHEMA, requireName } from '../../adapters/postgres/postgres-client.js'
import { UsageError } from '../command-environment.js'
import { readServerAddress } from './server-address.js'
import type { StoreScheme } from './store-scheme.js'

const EXAMPLE = 'postgres://user:password@host:5432/database'

/** The tables of a PostgreSQL database. */
export const POSTGRES_SCHEME: StoreScheme = Object.freeze({
  names: ['postgres', 'postgresql'],
  example: 'postgres://host:5432/database',
  forms: [
    ['postgres://host:5432/database', 'a PostgresSessionStore'],
    ['postgres://host:5432/database?schema=shop', 'the same, in a schema of another name'],
  ],
  read: (written) => {
    const address = readServerAddress(written, { example: EXAMPLE, defaultPort: '5432', parameter: 'schema' })
    const schema = nameOf(address.part ?? DEFAULT_SCHEMA, written.inWords)
    return {
      text: address.text,
      place: `postgres:${address.location}?${schema}`,
      folder: null,
      server: 'PostgreSQL',
      open: async (purpose) => (await import('./open-postgres.js')).openPostgres({ address, schema, purpose }),
    }
  },
} satisfies StoreScheme)

function nameOf(schema: string, inWords: string): string {
  try {
    return requireName('schema', schema)
  } catch {
    throw new UsageError(`${inWords} has a "schema" that is no name of 1 to 63 bytes.`)
  }
}
