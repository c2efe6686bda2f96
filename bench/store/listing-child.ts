import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openSqliteDatabase } from '../../src/adapters/sqlite/open-sqlite-database.js'
import { SqliteSessionStore } from '../../src/adapters/sqlite/sqlite-session-store.js'
import { CREDS_KEY } from '../../src/store/session-store.js'
import { pairedCreds } from '../../src/testing/fake-baileys.js'
import { answerParent } from '../answer-parent.js'
import { makeKeeper } from './keeper.js'
import { AMOUNTS, keepersOn, type ListingOrder, SERVER_KEEPERS } from './lines.js'

/** How many are sent to a server before its answers are awaited. */
const AT_ONCE = 100

// Makes the sessions that are listed: folders as stock Baileys and the file system store keep them, and the same in a database and on servers.

answerParent(async ({ folders, database, servers }: ListingOrder) => {
  const creds = pairedCreds()
  const sqlite = await openSqliteDatabase(join(database, 'sessions.db'))
  const store = new SqliteSessionStore({ database: sqlite, durability: 'process' })
  for (let index = 0; index < AMOUNTS.listed; index += 1) {
    const folder = join(folders, `session-shop${index}`)
    mkdirSync(folder, { mode: 0o700 })
    writeFileSync(join(folder, 'creds.json'), creds)
    await store.write(`shop${index}`, [{ ...CREDS_KEY, value: creds }])
  }
  await store.close()
  sqlite.close()
  for (const name of keepersOn(servers).filter((keeper) => SERVER_KEEPERS.some((other) => other === keeper))) {
    const keeper = await makeKeeper(name, { folder: folders, servers })
    for (let first = 0; first < AMOUNTS.listed; first += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => keeper.add(`shop${first + index}`)))
    await keeper.close()
  }
  return {}
})
