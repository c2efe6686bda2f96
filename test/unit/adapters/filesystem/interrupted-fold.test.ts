import { readdirSync } from 'node:fs'
import type * as fs from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import type { SessionLease } from '../../../../src/lease/session-lock.js'
import { CREDS_KEY, type RecordChange } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

/** Renames from, and to, files of these names fail. */
const disk = vi.hoisted(() => ({ from: null as string | null, to: null as string | null }))

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof fs>()
  return {
    ...actual,
    rename: (from: string, to: string, done: (error: Error | null) => void) => {
      if (basename(from) === disk.from || basename(to) === disk.to) done(Object.assign(new Error('EIO: the disk failed'), { code: 'EIO' }))
      else actual.rename(from, to, done)
    },
  }
})

afterEach(() => {
  disk.from = null
  disk.to = null
})

const creds = (value: string): RecordChange => ({ ...CREDS_KEY, value })
const KEY: RecordChange = { type: 'pre-key', id: '1', value: 'of the first identity' }
/** Its name does not tell whose it is. */
const NAMED: RecordChange = { type: 'zz', id: '-a', value: 'named by the table' }

async function leased(): Promise<{ store: FileSystemSessionStore; directory: string; lease: SessionLease }> {
  const directory = temporaryFolder()
  const store = new FileSystemSessionStore({ directory })
  onTestFinished(() => store.close())
  const lease = await store.lock.acquire('a')
  if (lease === null) throw new Error('The lock is held.')
  return { store, directory, lease }
}

const keysOf = async (store: FileSystemSessionStore): Promise<string[]> => (await collect(store.records('a'))).map(({ type, id }) => `${type} ${id}`)

it('invariant 6: what a replacement could not remove stays gone, and is removed with the next fold', async () => {
  const { store, directory, lease } = await leased()
  await store.write('a', [creds('{"me":1}'), KEY], lease)
  disk.from = 'pre-key-1.json'
  await store.write('a', [creds('{"me":2}')], { fencingToken: lease.fencingToken, replaceAll: true })
  expect(await keysOf(store)).toEqual(['creds '])
  const reader = new FileSystemSessionStore({ directory })
  onTestFinished(() => reader.close())
  expect(await keysOf(reader)).toEqual(['creds '])
  disk.from = null
  await lease.release()
  expect(readdirSync(join(directory, 'session-a')).sort()).toEqual(['.creds.backup.json', 'creds.json'])
})

it('invariant 6: the first creds that are refused since the table of names cannot be stored do not come later', async () => {
  const { store, directory, lease } = await leased()
  disk.to = '.names.json'
  await expect(store.write('a', [creds('{"me":1}'), NAMED], lease)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', sessionId: 'a' })
  expect(await keysOf(store)).toEqual([])
  disk.to = null
  await lease.release()
  expect(readdirSync(join(directory, 'session-a'))).toEqual([])
})
