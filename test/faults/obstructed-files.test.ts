import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { decodeCreds, encodeAuthValue } from '../../src/auth/auth-codec.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { FaultRig } from './support/fault-rig.js'
import { openStore } from './support/fault-stores.js'
import { link, recordsOf } from './support/stored-records.js'

const PATIENCE = { timeout: 20_000, interval: 20 }

async function linked(): Promise<{ directory: string; folder: string; rig: FaultRig }> {
  const directory = temporaryFolder()
  await link('fs', directory, 'shop', 'other')
  const rig = new FaultRig(await openStore('fs', directory))
  onTestFinished(() => rig.close())
  return { directory, rig, folder: join(directory, 'session-shop') }
}

/** Puts a folder where a file was; returns how to undo it. */
function obstruct(folder: string, name: string): () => void {
  const path = join(folder, name)
  renameSync(path, join(folder, '..', 'kept-away'))
  mkdirSync(path)
  return () => {
    rmSync(path, { recursive: true })
    renameSync(join(folder, '..', 'kept-away'), path)
  }
}

describe('a folder in the place of a file', () => {
  it('invariant 2: of creds, with no backup: credentials_corrupt, no dial and no new identity; connected again once it is put right', async () => {
    const { directory, folder, rig } = await linked()
    const before = await recordsOf('fs', directory, 'shop')
    rmSync(join(folder, '.creds.backup.json'), { force: true })
    const clear = obstruct(folder, 'creds.json')
    expect(await rig.restore('shop')).toBe('failed credentials_corrupt')
    expect(await rig.status('shop')).toBe('failed credentials_corrupt')
    expect(rig.dials()).toBe(0)
    expect(await rig.restore('other')).toBe('restored')
    clear()
    expect(await recordsOf('fs', directory, 'shop')).toEqual(before)
    expect(await rig.restore('shop')).toBe('restored')
    expect(await rig.write('shop', 'after')).toBe('stored')
  })

  it('invariant 2: of creds, with a backup: told, connected with the identity there was, and whole again with the next write', async () => {
    const { directory, folder, rig } = await linked()
    const before = await recordsOf('fs', directory, 'shop')
    obstruct(folder, 'creds.json')
    expect(await rig.restore('shop')).toBe('restored')
    expect(rig.restoredCreds).toEqual(['shop'])
    const socket = rig.manager.getSocket('shop')
    expect(encodeAuthValue(socket?.authState.creds.noiseKey)).toBe(encodeAuthValue(decodeCreds(before['creds/'] ?? '').noiseKey))
    expect(await rig.write('shop', 'after')).toBe('stored')
    expect(await rig.restore('other')).toBe('restored')
    socket?.ev.emit('creds.update', { accountSyncCounter: 77 })
    await vi.waitFor(() => {
      expect(decodeCreds(readFileSync(join(folder, 'creds.json'), 'utf8'))).toMatchObject({ accountSyncCounter: 77 })
    }, PATIENCE)
  })

  it('invariant 7: of a key: its reads fail and are not "absent"; the session and the others go on', async () => {
    const { folder, rig } = await linked()
    expect(await rig.restore('shop')).toBe('restored')
    expect(await rig.restore('other')).toBe('restored')
    const clear = obstruct(folder, 'session-first.json')
    expect(await rig.read('shop', 'first')).toBe('RECORD_CORRUPT')
    expect(await rig.write('shop', 'meanwhile')).toBe('stored')
    expect(await rig.read('other', 'first')).toBe('first')
    clear()
    expect(await rig.read('shop', 'first')).toBe('first')
    expect([rig.dials(), await rig.missing('shop')]).toEqual([2, []])
  })

  it('invariant 7: of a key that is written: what is acknowledged is there, and the session goes on, by itself, once it is put right', async () => {
    const { folder, rig } = await linked()
    expect(await rig.restore('shop')).toBe('restored')
    expect(await rig.write('shop', 'key', 32, 1)).toBe('stored')
    const path = join(folder, 'session-key0.json')
    await vi.waitFor(() => {
      rmSync(path)
    }, PATIENCE)
    mkdirSync(path)
    // A store may clear the place, or refuse.
    const outcome = await rig.write('shop', 'key', 64, 1)
    if (outcome === 'stored') {
      expect(await rig.missing('shop')).toEqual([])
    } else {
      expect(outcome).toBe('STORE_UNAVAILABLE')
      await vi.waitFor(() => {
        expect(rig.course('shop')).toContain('reconnecting storage_unavailable')
      }, PATIENCE)
      rmSync(path, { recursive: true })
    }
    await vi.waitFor(async () => {
      expect(await rig.status('shop')).toBe('connected')
    }, PATIENCE)
    expect(await rig.write('shop', 'key', 96, 1)).toBe('stored')
    expect(await rig.missing('shop')).toEqual([])
  })
})

describe('a folder in the place of a database', () => {
  it('is told when it is opened, and left alone', async () => {
    const directory = temporaryFolder()
    mkdirSync(join(directory, 'sessions.db'))
    await expect(openStore('sqlite', directory)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringMatching(/sessions\.db.*folder/u) })
    expect(readdirSync(directory)).toEqual(['sessions.db'])
  })
})

describe('a file that is no database', () => {
  it('invariant 2: is told, and not one byte of it changes', async () => {
    const directory = temporaryFolder()
    const path = join(directory, 'sessions.db')
    const text = 'This is no database. '.repeat(500)
    writeFileSync(path, text)
    const rig = new FaultRig(await openStore('sqlite', directory))
    onTestFinished(() => rig.close())
    expect(await rig.restore('shop')).toBe('retrying storage_unavailable')
    expect(rig.errors().join('\n')).toMatch(/^STORE_UNAVAILABLE: .*not a SQLite database.*Nothing was changed/mu)
    expect(rig.dials()).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })
})
