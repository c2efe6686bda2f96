import { join } from 'node:path'
import { openSqliteDatabase } from '../../../src/adapters/sqlite/open-sqlite-database.js'
import { SqliteSessionStore } from '../../../src/adapters/sqlite/sqlite-session-store.js'
import { openAuthState } from './open-auth-state.js'
import { writeUntilKilled } from './write-until-killed.js'

writeUntilKilled(async (directory) => {
  const database = await openSqliteDatabase(join(directory, 'sessions.db'))
  return openAuthState(new SqliteSessionStore({ database }))
})
