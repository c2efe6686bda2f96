import { mkdirSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { CREDS_KEY, type RecordKey } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

// Looking a name up finds it in any spelling, as the disks of Windows and macOS do.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<{ lstat: (path: string, options: object) => Promise<unknown>; readdir: (path: string) => Promise<string[]> }>()
  const lstat = async (path: string, options: object): Promise<unknown> => {
    const names = await real.readdir(dirname(path)).catch(() => [])
    const spelling = names.find((name) => name.toLowerCase() === basename(path).toLowerCase())
    return real.lstat(join(dirname(path), spelling ?? basename(path)), options)
  }
  return { ...real, lstat }
})

function openStore(): { store: FileSystemSessionStore; directory: string } {
  const directory = temporaryFolder()
  const store = new FileSystemSessionStore({ directory })
  onTestFinished(() => store.close())
  return { store, directory }
}

it('an id that differs from another session only by case is refused (invariant 14)', async () => {
  const { store, directory } = openStore()
  await store.write('Abc', [{ ...CREDS_KEY, value: 'c' }])
  const refused = { code: 'INVALID_SESSION_ID', sessionId: 'ABC' }
  await expect(store.read('ABC', [CREDS_KEY])).rejects.toMatchObject(refused)
  await expect(store.write('ABC', [{ ...CREDS_KEY, value: 'd' }])).rejects.toMatchObject(refused)
  await expect(store.delete('ABC')).rejects.toMatchObject(refused)
  await expect(store.lock.acquire('ABC')).rejects.toMatchObject(refused)
  expect(await store.read('Abc', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: 'c' }])
  expect(readdirSync(directory).filter((name) => !name.startsWith('.'))).toEqual(['session-Abc'])
})

it('an id in the spelling of the folder is used by a store that has not seen it before', async () => {
  const { store, directory } = openStore()
  mkdirSync(join(directory, 'session-XYZ'))
  expect(await store.read('XYZ', [CREDS_KEY])).toEqual([])
  await expect(store.read('xyz', [CREDS_KEY])).rejects.toMatchObject({ code: 'INVALID_SESSION_ID' })
})

it('record ids that differ only by case are kept apart (invariant 14)', async () => {
  const { store, directory } = openStore()
  const keys: RecordKey[] = ['AAab', 'AAAB', 'aaab'].map((id) => ({ type: 'app-state-sync-key', id }))
  await store.write(
    'a',
    keys.map(({ type, id }) => ({ type, id, value: id })),
  )
  expect(readdirSync(join(directory, 'session-a')).filter((name) => name.startsWith('app'))).toEqual(['app-state-sync-key-AAab.json'])
  expect((await store.read('a', keys)).map(({ value }) => value)).toEqual(['AAab', 'AAAB', 'aaab'])
  expect(await store.read('a', [{ type: 'app-state-sync-key', id: 'aaAb' }])).toEqual([])
  await store.write('a', [{ type: 'app-state-sync-key', id: 'aaAb', value: null }])
  expect(await collect(store.records('a'))).toHaveLength(3)
})
