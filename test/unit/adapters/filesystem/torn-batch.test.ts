import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import type * as fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { CREDS_KEY, LIFECYCLE_KEY, type RecordChange, type StoredRecord } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

type Step = (path: string) => Error | Promise<void> | undefined

/** Looks at each rename and removal, by the name that it is about, and fails those that it gives an error for. */
const disk = vi.hoisted((): { beforeRename: Step; beforeUnlink: Step; afterRename: (path: string) => Promise<void> | undefined } => ({
  beforeRename: () => undefined,
  beforeUnlink: () => undefined,
  afterRename: () => undefined,
}))

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof fs>()
  type Done = (error: Error | null) => void
  const guard = (found: ReturnType<Step>, call: () => void, done: Done): void => {
    if (found instanceof Error) done(found)
    else if (found === undefined) call()
    else void found.then(call)
  }
  return {
    ...actual,
    rename: (from: string, to: string, done: Done) => {
      const renamed: Done = (error) => {
        void (disk.afterRename(to) ?? Promise.resolve()).then(() => {
          done(error)
        })
      }
      guard(
        disk.beforeRename(to),
        () => {
          actual.rename(from, to, renamed)
        },
        done,
      )
    },
    unlink: (path: string, done: Done) => {
      guard(
        disk.beforeUnlink(path),
        () => {
          actual.unlink(path, done)
        },
        done,
      )
    },
  }
})

afterEach(() => {
  disk.beforeRename = () => undefined
  disk.afterRename = () => undefined
  disk.beforeUnlink = () => undefined
})

const failure = (code: string): Error => Object.assign(new Error(`${code}: the disk failed`), { code })
/** The disk fails from the step of this name on, as it does for a process that was killed there. */
function dieBefore(name: string): void {
  let isDead = false
  const step: Step = (path) => {
    isDead ||= path.endsWith(`/${name}`)
    return isDead ? failure('EIO') : undefined
  }
  disk.beforeRename = step
  disk.beforeUnlink = step
}

function recover(): void {
  disk.beforeRename = () => undefined
  disk.beforeUnlink = () => undefined
}

const key = (id: number, value: string | null): RecordChange => ({ type: 'pre-key', id: String(id), value })
const BEFORE = [{ ...CREDS_KEY, value: '"old"' }, { ...LIFECYCLE_KEY, value: '{}' }, key(1, 'one'), key(2, 'two')]
const BATCH = [key(1, 'uno'), key(2, null), key(3, 'tres'), { ...CREDS_KEY, value: '"new"' }, { type: 'zz', id: '-a', value: 'named by the table' }]
const AFTER = [
  { ...CREDS_KEY, value: '"new"' },
  { ...LIFECYCLE_KEY, value: '{}' },
  key(1, 'uno'),
  key(3, 'tres'),
  { type: 'zz', id: '-a', value: 'named by the table' },
]

function openStore(directory: string): FileSystemSessionStore {
  const store = new FileSystemSessionStore({ directory })
  onTestFinished(() => store.close())
  return store
}

const texts = (records: readonly (RecordChange | StoredRecord)[]): string[] => records.map(({ type, id, value }) => JSON.stringify([type, id, value])).sort()
async function stored(store: FileSystemSessionStore): Promise<string[]> {
  const keys = await collect(store.records('a'))
  return texts(
    await store.read(
      'a',
      [...keys, ...BEFORE, ...BATCH].filter(({ type, id }, index, all) => all.findIndex((other) => other.type === type && other.id === id) === index),
    ),
  )
}

async function written(): Promise<{ directory: string; folder: string; store: FileSystemSessionStore }> {
  const directory = temporaryFolder()
  const store = openStore(directory)
  await store.write('a', BEFORE)
  return { directory, folder: join(directory, 'session-a'), store }
}

const hidden = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('.') && !['.names.json', '.creds.backup.json'].includes(name))

describe('invariant 6: a batch that is cut off', () => {
  it('before its manifest is in place changes nothing, and leaves nothing behind', async () => {
    const { directory, folder, store } = await written()
    dieBefore('.batch.json')
    disk.beforeUnlink = () => undefined
    await expect(store.write('a', BATCH)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    recover()
    for (const looking of [store, openStore(directory)]) expect(await stored(looking)).toEqual(texts(BEFORE))
    expect(hidden(folder)).toEqual([])
  })

  it.each(['.names.json', 'pre-key-1.json', 'pre-key-3.json', 'creds.json', '.creds.backup.json', 'pre-key-2.json', '.batch.json gone'])(
    'before the step of %s is whole all the same, for everybody',
    async (step) => {
      const { directory, folder, store } = await written()
      if (step === '.batch.json gone') disk.beforeUnlink = (path) => (path.endsWith('.batch.json') ? failure('EIO') : undefined)
      else dieBefore(step)
      // It counts: what is left is done later.
      await store.write('a', BATCH)
      for (const looking of [store, openStore(directory)]) expect(await stored(looking), 'while it is left').toEqual(texts(AFTER))
      expect(hidden(folder)).toContain('.batch.json')
      recover()
      const next = openStore(directory)
      await next.write('a', [key(9, 'nine')])
      for (const looking of [next, store, openStore(directory)])
        expect(await stored(looking), 'after the next write').toEqual(texts([...AFTER, key(9, 'nine')]))
      await next.lock.acquire('a')
      expect(hidden(folder)).toEqual([])
      expect(existsSync(join(folder, 'pre-key-2.json'))).toBe(false)
    },
  )

  it('is finished when the lease is taken, before anybody writes', async () => {
    const { directory, folder, store } = await written()
    dieBefore('creds.json')
    await store.write('a', BATCH)
    recover()
    const next = openStore(directory)
    await next.lock.acquire('a')
    expect(hidden(folder)).toEqual([])
    expect(readFileSync(join(folder, 'creds.json'), 'utf8')).toBe('"new"')
    expect(await stored(next)).toEqual(texts(AFTER))
  })

  it('is finished before the next write of the same store, whose value counts', async () => {
    const { directory, store } = await written()
    const lease = await store.lock.acquire('a')
    const fencingToken = lease?.fencingToken ?? NaN
    dieBefore('pre-key-3.json')
    await store.write('a', BATCH, { fencingToken })
    recover()
    await store.write('a', [key(3, 'newest'), key(2, 'again')].slice(0, 1), { fencingToken })
    await store.write('a', [key(2, 'again')], { fencingToken })
    for (const looking of [store, openStore(directory)]) {
      expect(await stored(looking)).toEqual(texts([...AFTER.filter(({ id }) => id !== '3'), key(3, 'newest'), key(2, 'again')]))
    }
  })

  it('that another process has left since is finished before a store writes that has written before', async () => {
    const { directory, folder, store } = await written()
    const other = openStore(directory)
    await other.write('a', [key(8, 'eight')])
    dieBefore('creds.json')
    await store.write('a', BATCH)
    recover()
    await other.write('a', [{ ...CREDS_KEY, value: '"newest"' }])
    for (const looking of [store, openStore(directory)]) {
      expect(await stored(looking)).toEqual(texts([...AFTER.slice(1), key(8, 'eight'), { ...CREDS_KEY, value: '"newest"' }]))
    }
    expect(hidden(folder)).toEqual([])
  })

  it('is not built upon while it cannot be finished', async () => {
    const { directory, folder, store } = await written()
    rmSync(join(folder, 'pre-key-1.json'))
    mkdirSync(join(folder, 'pre-key-1.json', 'something'), { recursive: true })
    await store.write('a', BATCH)
    expect(await stored(store)).toEqual(texts(AFTER))
    await expect(store.write('a', [key(9, 'nine')])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('pre-key-1.json') })
    expect(await stored(openStore(directory))).toEqual(texts(AFTER))
    rmSync(join(folder, 'pre-key-1.json'), { recursive: true })
    await store.write('a', [key(9, 'nine')])
    expect(await stored(openStore(directory))).toEqual(texts([...AFTER, key(9, 'nine')]))
  })

  it('goes with its session', async () => {
    const { directory, store } = await written()
    dieBefore('creds.json')
    await store.write('a', BATCH)
    recover()
    await openStore(directory).delete('a')
    expect(readdirSync(directory).filter((name) => name === 'session-a')).toEqual([])
    await store.write('a', [key(1, 'k')])
    expect(await stored(store)).toEqual(texts([key(1, 'k')]))
  })

  it('is not finished by a writer whose token is old', async () => {
    const { directory, folder, store } = await written()
    const old = openStore(directory)
    const lease = await old.lock.acquire('a')
    await lease?.release()
    const current = await store.lock.acquire('a')
    dieBefore('creds.json')
    await store.write('a', BATCH, { fencingToken: current?.fencingToken ?? NaN })
    recover()
    await expect(old.write('a', [key(9, 'nine')], { fencingToken: lease?.fencingToken ?? NaN })).rejects.toMatchObject({ code: 'STALE_WRITER' })
    await expect(old.write('a', [key(9, 'nine')])).rejects.toMatchObject({ code: 'STALE_WRITER' })
    expect(hidden(folder)).toContain('.batch.json')
  })

  it('removes nothing once somebody else has taken over, and is not acknowledged', async () => {
    const { directory, store } = await written()
    const lease = await store.lock.acquire('a')
    const next = openStore(directory)
    // The renames of this batch take so long that the lease goes, and the next holder carries it out and goes on.
    let hasTakenOver = false
    disk.beforeRename = (path) => {
      if (!path.endsWith('pre-key-3.json') || hasTakenOver) return undefined
      hasTakenOver = true
      return (async () => {
        await lease?.release()
        const held = await next.lock.acquire('a')
        await next.write('a', [key(2, 'of the next holder')], { fencingToken: held?.fencingToken ?? NaN })
      })()
    }
    await expect(store.write('a', BATCH, { fencingToken: lease?.fencingToken ?? NaN })).rejects.toMatchObject({ code: 'STALE_WRITER' })
    expect(await stored(next)).toEqual(texts([...AFTER, key(2, 'of the next holder')]))
  })

  it('writes no table of names once somebody else has taken over', async () => {
    const { directory, store } = await written()
    const lease = await store.lock.acquire('a')
    const next = openStore(directory)
    const named = { type: 'zz', id: '-b', value: 'named by the next holder' }
    let hasTakenOver = false
    disk.afterRename = (path) => {
      if (!path.endsWith('.batch.json') || hasTakenOver) return undefined
      hasTakenOver = true
      return (async () => {
        await lease?.release()
        const held = await next.lock.acquire('a')
        await next.write('a', [named], { fencingToken: held?.fencingToken ?? NaN })
      })()
    }
    await expect(store.write('a', BATCH, { fencingToken: lease?.fencingToken ?? NaN })).rejects.toMatchObject({ code: 'STALE_WRITER' })
    for (const looking of [next, openStore(directory)]) expect(await stored(looking)).toEqual(texts([...AFTER, named]))
  })
})

describe('a manifest', () => {
  it.each([
    '',
    '{',
    '{}',
    'null',
    '{"writes":[["../outside.json","creds.json"]],"removals":[],"names":null}',
    '{"writes":[],"removals":["../outside.json"],"names":null}',
    '{"writes":[],"removals":[],"names":[["../x","a","b"]]}',
    '{"writes":[[".0123456789abcdef01.tmp","../outside.json"]],"removals":[],"names":null}',
  ])('that no write has made is not followed: %j', async (text) => {
    const { directory, folder } = await written()
    writeFileSync(join(folder, '.batch.json'), text)
    writeFileSync(join(directory, 'outside.json'), 'outside')
    writeFileSync(join(folder, '.0123456789abcdef01.tmp'), 'not for outside')
    const store = openStore(directory)
    await store.lock.acquire('a').then((lease) => lease?.release())
    expect(await stored(store)).toEqual(texts(BEFORE))
    await store.write('a', [key(9, 'nine')])
    expect(await stored(store)).toEqual(texts([...BEFORE, key(9, 'nine')]))
    expect(hidden(folder)).toEqual([])
    expect(readFileSync(join(directory, 'outside.json'), 'utf8')).toBe('outside')
  })

  it.each(['.batch.json', '.names.json', '.creds.backup.json', 'pre-key-1.json'])('%s that is a symbolic link is not followed', async (name) => {
    const { directory, folder } = await written()
    const outside = join(temporaryFolder(), 'outside')
    writeFileSync(outside, name === '.batch.json' ? '{"writes":[],"removals":["creds.json"],"names":null}' : '[]')
    rmSync(join(folder, name), { force: true })
    symlinkSync(outside, join(folder, name))
    if (name === '.creds.backup.json') writeFileSync(join(folder, 'creds.json'), '')
    const store = openStore(directory)
    await expect(store.read('a', [CREDS_KEY, { type: 'pre-key', id: '1' }])).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('ymbolic'),
    })
    await store.write('a', BATCH).catch(() => undefined)
    expect(readFileSync(outside, 'utf8')).toMatch(/^(\[\]|\{"writes":\[\],"removals":\["creds.json"\],"names":null\})$/u)
  })
})

describe('temporary files', () => {
  const LEFT = '.0123456789abcdef01.tmp'

  it('that a dead process has left go when a lease is taken; files of others stay', async () => {
    const { directory, folder } = await written()
    for (const name of [LEFT, '.other.tmp', 'notes.txt', 'creds.json.tmp']) writeFileSync(join(folder, name), 'left')
    await openStore(directory).lock.acquire('a')
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['.other.tmp', 'notes.txt', 'creds.json.tmp']))
    expect(existsSync(join(folder, LEFT))).toBe(false)
  })

  it('go with the first write without a lease only when they are old: somebody may be writing them', async () => {
    const { directory, folder } = await written()
    const old = '.fedcba987654321000.tmp'
    for (const name of [LEFT, old]) writeFileSync(join(folder, name), 'left')
    const longAgo = new Date(Date.now() - 61_000)
    utimesSync(join(folder, old), longAgo, longAgo)
    await openStore(directory).write('a', [key(9, 'nine')])
    expect(hidden(folder)).toEqual([LEFT])
  })

  it('of a holder stay when somebody without the lease comes along', async () => {
    const { directory, folder, store } = await written()
    await store.lock.acquire('a')
    writeFileSync(join(folder, LEFT), 'being written')
    const longAgo = new Date(Date.now() - 61_000)
    utimesSync(join(folder, LEFT), longAgo, longAgo)
    const other = openStore(directory)
    expect(await other.lock.acquire('a')).toBeNull()
    await expect(other.write('a', [key(9, 'nine')])).rejects.toMatchObject({ code: 'STALE_WRITER' })
    expect(await stored(other)).toEqual(texts(BEFORE))
    expect(hidden(folder)).toEqual([LEFT])
  })
})
