import { basename } from 'node:path'
import pg from 'pg'
import { PostgresSessionStore } from '../../../src/adapters/postgres/postgres-session-store.js'
import { openAuthState } from './open-auth-state.js'
import { writeUntilKilled } from './write-until-killed.js'

// On the server at the port that the environment names, in a schema with the name of the folder.
writeUntilKilled(async (directory) => {
  const client = new pg.Pool({ connectionString: `postgres://postgres@127.0.0.1:${process.env['SERVER_PORT']}/postgres`, max: 5 })
  return openAuthState(new PostgresSessionStore({ client, schema: basename(directory) }))
})
