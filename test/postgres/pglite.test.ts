// @module-tag full
import { PGlite } from '@electric-sql/pglite'
import { afterAll } from 'vitest'
import { postgresConnectionsTable } from '../../src/adapters/postgres/connections-table.js'
import { PostgresConnectionRepository } from '../../src/adapters/postgres/postgres-connection-repository.js'
import { connectionRepositoryContract } from '../../src/testing/index.js'
import { runContract } from '../contract/run-contract.js'

const client = new PGlite()
afterAll(() => client.close())
let tables = 0

runContract(
  'PostgresConnectionRepository with PGlite',
  connectionRepositoryContract(async () => {
    tables += 1
    const table = `connections_${tables}`
    await client.query(postgresConnectionsTable({ table }))
    return new PostgresConnectionRepository({ client, table })
  }),
)
