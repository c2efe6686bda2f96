import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { MemoryConnectionRepository } from '../../src/index.js'
import { openSqliteDatabase } from '../../src/sqlite.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { FaultRig } from './support/fault-rig.js'
import { type FaultStore, openStore } from './support/fault-stores.js'
import { link } from './support/stored-records.js'

const SESSIONS = ['shop', 'office', 'depot']

interface Wipe {
  readonly kind: FaultStore
  /** What it removes. */
  readonly what: string
  readonly wipe: (directory: string) => Promise<void> | void
}

function removeFolders(directory: string, isMeant: (name: string) => boolean): void {
  for (const name of readdirSync(directory)) if (isMeant(name)) rmSync(join(directory, name), { recursive: true })
}

const WIPES: readonly Wipe[] = [
  { kind: 'fs', what: 'the whole directory, with the locks', wipe: (directory) => removeFolders(directory, () => true) },
  { kind: 'fs', what: "the sessions' folders", wipe: (directory) => removeFolders(directory, (name) => name.startsWith('session-')) },
  {
    kind: 'sqlite',
    what: 'every row, with the locks and the version',
    wipe: async (directory) => {
      const database = await openSqliteDatabase(join(directory, 'sessions.db'))
      for (const table of ['record', 'session', 'heartbeat']) database.exec(`DELETE FROM baileys_sessions_${table}`)
      database.close()
    },
  },
]

describe.each(WIPES.map((each) => [`${each.kind}: ${each.what}`, each] as const))('%s, removed under sessions that run', (_, { kind, wipe }) => {
  it.each(['and a repository', 'alone'])('invariant 3: credentials_missing, 0 QR codes, 0 new identities (%s)', async (name) => {
    const directory = temporaryFolder()
    await link(kind, directory, ...SESSIONS)
    const options = name === 'alone' ? {} : { repository: new MemoryConnectionRepository() }
    const rig = new FaultRig(await openStore(kind, directory), options)
    onTestFinished(() => rig.close())
    let codes = 0
    rig.manager.on('qr', () => {
      codes += 1
    })
    for (const sessionId of SESSIONS) expect(await rig.restore(sessionId)).toBe('restored')
    await wipe(directory)
    await Promise.all(rig.baileys.sockets.map((socket) => socket.close(428)))
    for (const sessionId of SESSIONS) {
      await vi.waitFor(async () => expect(await rig.status(sessionId)).toBe('failed credentials_missing'), { timeout: 20_000 })
    }
    for (const sessionId of SESSIONS) expect(await rig.restore(sessionId)).toBe('failed credentials_missing')
    expect([rig.dials(), codes]).toEqual([SESSIONS.length, 0])
    expect(rig.errors().filter((error) => error.startsWith('CREDENTIALS_MISSING'))).toHaveLength(SESSIONS.length)
  })
})
