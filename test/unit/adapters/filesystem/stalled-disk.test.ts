import type * as fs from 'node:fs'
import { sep } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { CREDS_KEY, type RecordChange, type RecordKey, type SessionStore } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { deferred, type Deferred } from '../../../support/deferred.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

// A disk that does not answer for a while: calls with a callback or a promise wait for it, as they do in Node's pool of threads. A call
// that returns only then would stop the whole process, so there must be none.

type DiskCall = (...args: unknown[]) => unknown

/** What stalls: everything under `folder`. */
interface Stall {
  readonly folder: string
  /** Resolves when the first call waits. */
  readonly reached: Deferred<void>
  readonly ended: Deferred<void>
}

const disk = vi.hoisted(() => ({
  stall: null as Stall | null,
  /** The paths of open descriptors. */
  open: new Map<number, string>(),
  /** The folder in which nobody may call what stops the event loop, and who did. */
  watched: null as string | null,
  stopping: [] as string[],
}))

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof fs>()
  const calls = Object.entries(actual).map(([name, call]: [string, unknown]) => {
    if (typeof call !== 'function' || /^[A-Z_]/u.test(name)) return [name, call]
    return [name, name.endsWith('Sync') ? stopping(name, call as DiskCall) : waiting(name, call as DiskCall)]
  })
  return Object.fromEntries(calls) as typeof fs
})

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<Record<string, unknown>>()
  const calls = Object.entries(actual).map(([name, call]) => [name, typeof call === 'function' ? promising(call as DiskCall) : call])
  return Object.fromEntries(calls) as Record<string, unknown>
})

function isWithin(folder: string, target: unknown): boolean {
  const path = typeof target === 'number' ? disk.open.get(target) : target
  return typeof path === 'string' && `${path}${sep}`.startsWith(`${folder}${sep}`)
}

/** The stall that a call runs into, judged by its path or descriptor. */
function stallOf([target]: unknown[]): Stall | null {
  return disk.stall !== null && isWithin(disk.stall.folder, target) ? disk.stall : null
}

/** A call that stops the event loop until the disk has answered. */
function stopping(name: string, call: DiskCall): DiskCall {
  return (...args) => {
    if (disk.watched !== null && isWithin(disk.watched, args[0])) disk.stopping.push(`${name} ${String(args[0])}`)
    return call(...args)
  }
}

/** A call with a callback. */
function waiting(name: string, call: DiskCall): DiskCall {
  return (...args) => {
    const stall = stallOf(args)
    if (name === 'open') remember(args)
    if (stall === null) return call(...args)
    stall.reached.resolve()
    void stall.ended.promise.then(() => call(...args))
    return undefined
  }
}

/** A call that answers with a promise. */
function promising(call: DiskCall): DiskCall {
  return async (...args) => {
    const stall = stallOf(args)
    stall?.reached.resolve()
    await stall?.ended.promise
    return call(...args)
  }
}

/** Remembers the path of the descriptor that a call of `open` will give. */
function remember(args: unknown[]): void {
  const [path, done] = [String(args[0]), args.at(-1) as (error: Error | null, file?: number) => void]
  args[args.length - 1] = (error: Error | null, file?: number) => {
    if (file !== undefined) disk.open.set(file, path)
    done(error, file)
  }
}

function beginStall(folder: string): Stall {
  const begun: Stall = { folder, reached: deferred(), ended: deferred() }
  disk.stall = begun
  onTestFinished(() => endStall(begun))
  return begun
}

function endStall({ ended }: Stall): void {
  disk.stall = null
  ended.resolve()
}

const KEY: RecordKey = { type: 'session', id: '491511234567.0' }
const change = (value: string): RecordChange => ({ ...KEY, value })

/** A linked session that is run from here. */
interface RunSession {
  write(value: string): Promise<void>
  read(): Promise<string | undefined>
  release(): Promise<void>
  /** Where its records are. */
  readonly folder: string
}

function openStore(directory = temporaryFolder()): { store: SessionStore; directory: string } {
  const store = new FileSystemSessionStore({ directory })
  onTestFinished(() => store.close())
  return { store, directory }
}

async function runSession({ store, directory }: ReturnType<typeof openStore>, sessionId: string): Promise<RunSession> {
  const lease = await store.lock.acquire(sessionId)
  if (lease === null) throw new Error(`Nobody else has ${sessionId}.`)
  const options = { fencingToken: lease.fencingToken }
  await store.write(sessionId, [{ ...CREDS_KEY, value: '{}' }, change('before')], options)
  return {
    folder: `${directory}${sep}session-${sessionId}`,
    write: (value) => store.write(sessionId, [change(value)], options),
    release: () => lease.release(),
    read: async () => (await store.read(sessionId, [KEY]))[0]?.value,
  }
}

/** Whether a promise has settled. */
function watch(work: Promise<unknown>): { readonly isSettled: boolean } {
  const state = { isSettled: false }
  const settle = (): void => {
    state.isSettled = true
  }
  work.then(settle, settle)
  return state
}

describe('a disk that stalls', () => {
  it('holds up the writes that wait for it, in their order, and no session of another disk', async () => {
    const [stalled, healthy] = [openStore(), openStore()]
    const [waits, goesOn] = [await runSession(stalled, 'a'), await runSession(healthy, 'a')]
    const begun = beginStall(stalled.directory)
    const writes = [waits.write('first'), waits.write('second')]
    const watches = writes.map(watch)
    await begun.reached.promise

    for (const value of ['1', '2', '3']) await goesOn.write(value)
    expect(await goesOn.read()).toBe('3')
    expect(watches.map(({ isSettled }) => isSettled)).toEqual([false, false])

    endStall(begun)
    await Promise.all(writes)
    expect(await waits.read()).toBe('second')
  })

  it('in one folder holds up its session, and no other of the same store', async () => {
    const opened = openStore()
    const [waits, goesOn] = [await runSession(opened, 'a'), await runSession(opened, 'b')]
    const begun = beginStall(waits.folder)
    const write = waits.write('late')
    const watched = watch(write)
    await begun.reached.promise

    await goesOn.write('now')
    expect(await goesOn.read()).toBe('now')
    await (await runSession(opened, 'c')).write('a new session')
    expect(watched.isSettled).toBe(false)

    endStall(begun)
    await write
    expect(await waits.read()).toBe('late')
  })

  it('never stops the event loop: no call returns only after the disk has answered', async () => {
    const opened = openStore()
    const { store, directory } = opened
    disk.watched = directory
    onTestFinished(() => {
      disk.watched = null
    })
    const session = await runSession(opened, 'a')
    await session.write('now')
    await store.write('b', [{ ...CREDS_KEY, value: '{}' }, change('other')], { replaceAll: true })
    expect([await session.read(), await collect(store.list()), await collect(store.records('b'))]).toEqual([
      'now',
      expect.arrayContaining(['a', 'b']),
      expect.arrayContaining([CREDS_KEY, KEY]),
    ])
    await store.delete('b')
    await session.release()
    await store.close()
    expect(disk.stopping).toEqual([])
  })
})
