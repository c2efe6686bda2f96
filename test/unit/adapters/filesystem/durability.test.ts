import type * as fs from 'node:fs'
import { basename } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { CREDS_KEY, LIFECYCLE_KEY, type RecordChange } from '../../../../src/store/session-store.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

/** What the disk was asked to do, in order: `sync` of a file's text or of a folder, `rename` and `unlink` of names. */
const disk = vi.hoisted(() => ({ calls: [] as string[], open: new Map<number, string>() }))

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof fs>()
  return {
    ...actual,
    open: (path: string, flags: string, mode: number, done: (error: Error | null, file: number) => void) => {
      const opened = (error: Error | null, file: number): void => {
        disk.open.set(file, path)
        ;(typeof mode === 'function' ? (mode as typeof done) : done)(error, file)
      }
      actual.open(path, flags, typeof mode === 'number' ? mode : undefined, opened)
    },
    fsync: (file: number, done: (error: Error | null) => void) => {
      disk.calls.push(`sync ${nameOf(disk.open.get(file) ?? '')}`)
      actual.fsync(file, done)
    },
    rename: (from: string, to: string, done: (error: Error | null) => void) => {
      disk.calls.push(`rename ${nameOf(to)}`)
      actual.rename(from, to, done)
    },
  }
})

function nameOf(path: string): string {
  return basename(path).replace(/^\.[0-9a-f]{18}\.tmp$/u, 'text')
}

beforeEach(() => {
  disk.calls.length = 0
})

async function openStore(durability?: 'power' | 'process'): Promise<FileSystemSessionStore> {
  const store = new FileSystemSessionStore({ directory: temporaryFolder(), ...(durability === undefined ? {} : { durability }) })
  onTestFinished(() => store.close())
  await store.write('a', [{ ...CREDS_KEY, value: '{}' }])
  disk.calls.length = 0
  return store
}

const CREDS: RecordChange = { ...CREDS_KEY, value: '{"new":1}' }
const LIFECYCLE: RecordChange = { ...LIFECYCLE_KEY, value: '{}' }
const KEYS: RecordChange[] = [
  { type: 'pre-key', id: '1', value: 'k' },
  { type: 'pre-key', id: '2', value: 'k' },
]
const [KEY] = KEYS

const syncs = (): string[] => disk.calls.filter((call) => call.startsWith('sync'))

describe('durability', () => {
  const text = 'sync text'
  const backup = 'sync .creds.backup.json'
  const folder = 'sync session-a'

  it.each([
    ['creds', [CREDS], [text, backup, folder]],
    ['lifecycle', [LIFECYCLE], [text, folder]],
    ['a key', [KEY], []],
    ['keys', KEYS, []],
    ['keys with creds', [...KEYS, CREDS], [text, text, text, text, text, folder, folder]],
  ] as [string, RecordChange[], string[]][])('that is not given waits for the disk with creds and lifecycle: %s', async (_name, changes, expected) => {
    const store = await openStore()
    await store.write('a', changes)
    expect(syncs()).toEqual(expected)
  })

  it.each([
    ['creds', [CREDS], [text, backup, folder]],
    ['a key', [KEY], [text, folder]],
    ['keys', KEYS, [text, text, text, folder, folder]],
  ] as [string, RecordChange[], string[]][])('"power" waits for the disk with everything: %s', async (_name, changes, expected) => {
    const store = await openStore('power')
    await store.write('a', changes)
    expect(syncs()).toEqual(expected)
    disk.calls.length = 0
    await store.write(
      'a',
      changes.map(({ type, id }) => ({ type, id, value: null })),
    )
    expect(syncs()).toContain(folder)
  })

  it('"process" waits for the disk with nothing, be it a new session, its creds, a batch or a delete', async () => {
    const store = await openStore('process')
    await store.write('b', [...KEYS, CREDS], { replaceAll: true })
    await store.write('b', [CREDS])
    await store.write('b', [{ ...CREDS_KEY, value: null }])
    await store.delete('b')
    expect(syncs()).toEqual([])
    expect(disk.calls).toContain('rename creds.json')
  })

  it('of a new session and of a delete is that of its folder, unless it is "process"', async () => {
    const store = await openStore()
    await store.write('b', [CREDS])
    expect(syncs()).toHaveLength(4)
    disk.calls.length = 0
    await store.delete('b')
    expect(syncs()).toHaveLength(1)
  })

  it('has the creds in place, and their text on the disk, before their copy is touched: one of the two is whole at any time', async () => {
    const store = await openStore()
    await store.write('a', [CREDS])
    expect(disk.calls).toEqual([text, 'rename creds.json', backup, folder])
  })

  it('has every text on the disk before the name that it gets, and the manifest before the first of them', async () => {
    const store = await openStore('power')
    await store.write('a', [...KEYS, CREDS])
    expect(disk.calls.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => text))
    expect(disk.calls.slice(5, 7)).toEqual(['rename .batch.json', folder])
    expect(
      disk.calls
        .slice(7)
        .filter((call) => call.startsWith('rename'))
        .sort(),
    ).toEqual(['rename .creds.backup.json', 'rename creds.json', 'rename pre-key-1.json', 'rename pre-key-2.json'])
    expect(disk.calls.at(-1)).toBe(folder)
  })
})
