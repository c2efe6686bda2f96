import type * as fs from 'node:fs'
import { basename } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { CREDS_KEY, LIFECYCLE_KEY, type RecordChange } from '../../../../src/store/session-store.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

/** What the disk was asked to do, in order: `sync` of a file or a folder, `append` to the journal, `cut` of it, `rename` to a name. */
const disk = vi.hoisted(() => ({ calls: [] as string[], open: new Map<number, string>() }))

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof fs>()
  type Done = (error: Error | null) => void
  const nameOf = (file: number): string => nameAt(disk.open.get(file) ?? '')
  return {
    ...actual,
    open: (path: string, flags: string, mode: number, done: (error: Error | null, file: number) => void) => {
      actual.open(path, flags, mode, (error, file) => {
        disk.open.set(file, path)
        done(error, file)
      })
    },
    write: (file: number, ...call: [Uint8Array, number, number, null, (error: Error | null, count: number) => void]) => {
      if (nameOf(file) === 'journal') disk.calls.push('append')
      actual.write(file, ...call)
    },
    fsync: (file: number, done: Done) => {
      disk.calls.push(`sync ${nameOf(file)}`)
      actual.fsync(file, done)
    },
    fdatasync: (file: number, done: Done) => {
      disk.calls.push(`sync ${nameOf(file)}`)
      actual.fdatasync(file, done)
    },
    ftruncate: (file: number, length: number, done: Done) => {
      disk.calls.push('cut')
      actual.ftruncate(file, length, done)
    },
    rename: (from: string, to: string, done: Done) => {
      disk.calls.push(`rename ${nameAt(to)}`)
      actual.rename(from, to, done)
    },
  }
})

function nameAt(path: string): string {
  return basename(path)
    .replace(/^\.[0-9a-f]{18}\.tmp$/u, 'text')
    .replace(/^\.lease-\d+(-[0-9a-f]{12})?$/u, 'lease')
}

beforeEach(() => {
  disk.calls.length = 0
})

/** A session with creds, under a lease. */
async function leased(durability?: 'power' | 'process'): Promise<{ store: FileSystemSessionStore; write: (...changes: RecordChange[]) => Promise<void> }> {
  const store = new FileSystemSessionStore({ directory: temporaryFolder(), ...(durability === undefined ? {} : { durability }) })
  onTestFinished(() => store.close())
  const lease = await store.lock.acquire('a')
  if (lease === null) throw new Error('The lock is held.')
  const write = (...changes: RecordChange[]): Promise<void> => store.write('a', changes, lease)
  await write({ ...CREDS_KEY, value: '{}' })
  disk.calls.length = 0
  return { store, write }
}

const CREDS: RecordChange = { ...CREDS_KEY, value: '{"new":1}' }
const LIFECYCLE: RecordChange = { ...LIFECYCLE_KEY, value: '{}' }
const KEYS: RecordChange[] = [
  { type: 'pre-key', id: '1', value: 'k' },
  { type: 'pre-key', id: '2', value: 'k' },
]

const syncs = (): string[] => disk.calls.filter((call) => call.startsWith('sync'))

describe('durability', () => {
  it.each([
    ['creds', [CREDS], true],
    ['lifecycle', [LIFECYCLE], true],
    ['keys', KEYS, false],
    ['keys with creds', [...KEYS, CREDS], true],
  ] as [string, RecordChange[], boolean][])('that is not given waits for the disk with creds and lifecycle: %s', async (_name, changes, waits) => {
    const { write } = await leased()
    await write(...changes)
    expect(disk.calls).toEqual(waits ? ['append', 'sync journal'] : ['append'])
  })

  it.each([
    ['creds', [CREDS]],
    ['keys', KEYS],
  ] as [string, RecordChange[]][])('"power" waits for the disk with everything: %s', async (_name, changes) => {
    const { write } = await leased('power')
    await write(...changes)
    expect(disk.calls).toEqual(['append', 'sync journal'])
  })

  it('"process" waits for the disk with nothing, be it a new session, its creds, a fold or a delete', async () => {
    const { store, write } = await leased('process')
    await write(...KEYS, CREDS)
    await store.close()
    expect(syncs()).toEqual([])
    expect(disk.calls).toContain('rename creds.json')
  })

  it('of the first write of a lease is that of the names of its journal and its folder', async () => {
    const store = new FileSystemSessionStore({ directory: temporaryFolder(), durability: 'power' })
    onTestFinished(() => store.close())
    const lease = await store.lock.acquire('a')
    disk.calls.length = 0
    await store.write('a', KEYS, { fencingToken: lease?.fencingToken ?? 0 })
    expect(disk.calls.slice(-4)).toEqual(['sync lease', 'sync session-a', 'append', 'sync journal'])
  })

  it('of a session that is new or deleted is that of its folder, unless it is "process"', async () => {
    const directory = temporaryFolder()
    const store = new FileSystemSessionStore({ directory })
    onTestFinished(() => store.close())
    await store.write('b', [CREDS])
    expect(syncs()).toContain(`sync ${basename(directory)}`)
    disk.calls.length = 0
    await store.delete('b')
    expect(syncs().at(-1)).toBe(`sync ${basename(directory)}`)
  })

  it('has every text on the disk before its name, the copy of the creds after them, and all of it there before the journal is cut', async () => {
    const { store, write } = await leased('power')
    await write(...KEYS, CREDS)
    disk.calls.length = 0
    await store.close()
    const fold = disk.calls.slice(0, disk.calls.indexOf('cut') + 1)
    expect(fold.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => 'sync text'))
    expect(fold.slice(4, 6).sort()).toEqual(['rename pre-key-1.json', 'rename pre-key-2.json'])
    expect(fold.slice(6)).toEqual(['rename creds.json', 'rename .creds.backup.json', 'sync session-a', 'cut'])
  })

  it('syncs in a fold by default what was promised to survive, and nothing when that was nothing', async () => {
    const { store, write } = await leased()
    await write(...KEYS)
    await store.close()
    expect(syncs()).toEqual([])
  })

  it('of the first creds, and of a write that replaces everything, has them in their file before it resolves', async () => {
    const { store, write } = await leased()
    await store.write('b', [...KEYS, CREDS], { replaceAll: true })
    const calls = disk.calls.filter((call) => /append|sync journal|rename|cut/u.test(call))
    expect(calls.slice(0, 2)).toEqual(['append', 'sync journal'])
    expect(calls).toContain('rename creds.json')
    disk.calls.length = 0
    await write({ ...CREDS_KEY, value: null })
    await write(CREDS)
    expect(disk.calls.filter((call) => call === 'rename creds.json')).toHaveLength(1)
  })
})
