import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { MemoryConnectionRepository } from '../../src/index.js'
import { openSqliteDatabase } from '../../src/sqlite.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { FaultRig } from './support/fault-rig.js'
import { FAULT_STORES, type FaultStore, openStore } from './support/fault-stores.js'
import { link } from './support/stored-records.js'

const SESSIONS = ['shop', 'office', 'depot']

/** Removes all that a store holds, its locks and its version, too. */
const WIPE: Readonly<Record<FaultStore, (directory: string) => Promise<void>>> = {
  fs: async (directory) => {
    for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true })
  },
  sqlite: async (directory) => {
    const database = await openSqliteDatabase(join(directory, 'sessions.db'))
    for (const table of ['record', 'session', 'heartbeat']) database.exec(`DELETE FROM baileys_sessions_${table}`)
    database.close()
  },
}

describe.each(FAULT_STORES)('%s, wiped under sessions that run', (kind) => {
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
    await WIPE[kind](directory)
    await Promise.all(rig.baileys.sockets.map((socket) => socket.close(428)))
    for (const sessionId of SESSIONS) {
      await vi.waitFor(async () => expect(await rig.status(sessionId)).toBe('failed credentials_missing'), { timeout: 20_000 })
    }
    for (const sessionId of SESSIONS) expect(await rig.restore(sessionId)).toBe('failed credentials_missing')
    expect([rig.dials(), codes]).toEqual([SESSIONS.length, 0])
    expect(rig.errors().filter((error) => error.startsWith('CREDENTIALS_MISSING'))).toHaveLength(SESSIONS.length)
  })
})
