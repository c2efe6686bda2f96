import { SessionManager } from '../../src/index.js'
import { openSqliteDatabase, SqliteSessionStore } from '../../src/sqlite.js'

// Nothing else keeps this process alive while it closes.
const store = new SqliteSessionStore({ database: await openSqliteDatabase(process.argv[2] ?? '') })
const sessions = new SessionManager({ store, cluster: {} })
await sessions.restoreAll()
process.stdout.write(JSON.stringify(await sessions.close()))
