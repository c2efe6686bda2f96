import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileSystemSessionStore } from '../../../src/adapters/filesystem/filesystem-session-store.js'
import { openSqliteDatabase } from '../../../src/adapters/sqlite/open-sqlite-database.js'
import { SqliteSessionStore } from '../../../src/adapters/sqlite/sqlite-session-store.js'
import type { SessionStore } from '../../../src/store/session-store.js'
import { ScriptProcess } from '../../support/script-process.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const STORES: readonly (readonly [kind: string, open: (place: string) => SessionStore | Promise<SessionStore>])[] = [
  ['files', (directory) => new FileSystemSessionStore({ directory })],
  ['SQLite', async (file) => new SqliteSessionStore({ database: await openSqliteDatabase(file) })],
]

describe.runIf(process.platform === 'linux').each(STORES)('invariant 1: a worker thread that holds a lock in %s', (kind, open) => {
  it('keeps it while it lives, and is replaced at once when it died, by its process and by another one', async () => {
    const place = kind === 'files' ? temporaryFolder() : join(temporaryFolder(), 'sessions.db')
    const store = await open(place)
    const child = new ScriptProcess('./worker-holder-child.ts', import.meta.url, [kind, place])
    expect(await child.next()).toBe(1)
    expect([await store.lock.acquire('a'), await child.ask('acquire')]).toEqual([null, null])
    await child.ask('crash')
    expect(await store.lock.owner('a')).toBeNull()
    expect(await child.ask('acquire')).toBe(2)
    expect(await store.lock.owner('a')).toMatch(`:${child.pid}:`)
    await store.close()
  })
})
