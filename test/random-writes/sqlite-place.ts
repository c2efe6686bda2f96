import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteDatabase, SqliteSessionStore } from '../../src/sqlite.js'
import type { SessionStore } from '../../src/store/session-store.js'
import { NO_PID } from '../support/dead-holder.js'
import type { StorePlace } from './store-place.js'

/** A database of sessions. */
export class SqlitePlace implements StorePlace {
  readonly name = 'SQLite'
  readonly folds = false
  readonly unstorable = null
  readonly #folder: string

  constructor(folder: string = mkdtempSync(join(tmpdir(), 'random-writes-'))) {
    this.#folder = folder
  }

  get #file(): string {
    return join(this.#folder, 'sessions.db')
  }

  async open(): Promise<SessionStore> {
    const database = await openSqliteDatabase(this.#file)
    const store = new SqliteSessionStore({ database, durability: 'process' })
    const close = store.close.bind(store)
    let closing: Promise<void> | undefined
    store.close = () => (closing ??= close().then(() => void database.close()))
    return store
  }

  async declareDead(sessionId: string): Promise<void> {
    const database = await openSqliteDatabase(this.#file)
    // A database that was never used has none.
    const hasTable = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'baileys_sessions_session'").get() !== undefined
    if (hasTable)
      database
        .prepare(`UPDATE baileys_sessions_session SET holder = json_set(holder, '$.pid', ${NO_PID}) WHERE session_id = ? AND holder IS NOT NULL`)
        .run(sessionId)
    database.close()
  }

  copyAside(): StorePlace {
    const copy = mkdtempSync(join(tmpdir(), 'random-writes-'))
    cpSync(this.#folder, copy, { recursive: true })
    return new SqlitePlace(copy)
  }

  problems(): string[] {
    return []
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
