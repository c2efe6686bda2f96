import type * as fs from 'node:fs'
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { encrypted } from '../../../../src/encryption/encrypted-session-store.js'
import { CREDS_KEY, LIFECYCLE_KEY, type RecordChange, type SessionStore } from '../../../../src/store/session-store.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

/** Called after each call of the disk that can change something. */
const disk = vi.hoisted((): { afterCall: () => void } => ({ afterCall: () => undefined }))

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof fs>()
  type Call = (...parameters: unknown[]) => void
  const watched = (call: Call): Call => {
    return (...parameters) => {
      const done = parameters.at(-1) as Call
      call(...parameters.slice(0, -1), (...results: unknown[]) => {
        disk.afterCall()
        done(...results)
      })
    }
  }
  const calls = { open: actual.open, write: actual.write, ftruncate: actual.ftruncate, rename: actual.rename, unlink: actual.unlink, close: actual.close }
  return { ...actual, ...Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, watched(call as Call)])) }
})

beforeEach(() => {
  // Nothing is folded by itself, while the folder is copied.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
  disk.afterCall = () => undefined
})

const PLAIN = 'canary'
const key = (id: string, text = ''): RecordChange => ({ type: 'pre-key', id, value: JSON.stringify({ secret: `${PLAIN} ${text}` }) })
const creds = (text: string): RecordChange => ({ ...CREDS_KEY, value: JSON.stringify({ noiseKey: `${PLAIN} ${text}` }) })

function openStore(directory: string, isSealing = true): SessionStore {
  const store = new FileSystemSessionStore({ directory })
  onTestFinished(() => store.close())
  return isSealing ? encrypted(store, { keys: { one: new Uint8Array(32).fill(1) }, currentKeyId: 'one' }) : store
}

async function take(store: SessionStore): Promise<{ fencingToken: number; release: () => Promise<void> }> {
  const lease = await store.lock.acquire('a')
  if (lease === null) throw new Error('it is held')
  return lease
}

/** Everything that a session goes through: pairing, messages, a crash, who comes after it, and its end. */
async function live(directory: string, isSealing: boolean): Promise<void> {
  const store = openStore(directory, isSealing)
  const lease = await take(store)
  await store.write('a', [creds('first'), key('1'), key('2')], { ...lease, replaceAll: true })
  await store.write('a', [creds('second'), { ...LIFECYCLE_KEY, value: JSON.stringify({ [PLAIN]: 1 }) }], lease)
  await Promise.all(['3', '4', '5'].map((id) => store.write('a', [key(id), key('1', id)], lease)))
  await store.write('a', [{ ...key('2'), value: null }], lease)
  const left = join(directory, '..', 'left')
  cpSync(directory, left, { recursive: true })
  await lease.release()
  await store.write('a', [key('6')])
  const next = openStore(left, isSealing)
  const taken = await take(next)
  await next.write('a', [key('7')], taken)
  await taken.release()
  await next.delete('a')
}

/** What a look finds, or nothing: the store's other calls, which run on threads, may have removed it meanwhile. */
function unlessGone<Found>(look: () => Found, nothing: Found): Found {
  try {
    return look()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return nothing
    throw error
  }
}

/** The paths of all files below a folder. */
function filesBelow(folder: string): string[] {
  const entries = unlessGone(() => readdirSync(folder, { withFileTypes: true }), [])
  return entries.flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]))
}

/** Looks at all files after each call. */
async function watch(isSealing: boolean): Promise<{ looks: number; journals: number; plain: Set<string> }> {
  const folder = temporaryFolder()
  const seen = { looks: 0, journals: 0, plain: new Set<string>() }
  disk.afterCall = () => {
    seen.looks += 1
    for (const path of filesBelow(folder)) {
      const text = unlessGone(() => readFileSync(path, 'latin1'), '')
      if (path.endsWith('journal') && text !== '') seen.journals += 1
      if (text.includes(PLAIN)) seen.plain.add(path.endsWith('journal') ? 'journal' : path.endsWith('.tmp') ? 'temporary' : 'record')
    }
  }
  await live(join(folder, 'sessions'), isSealing)
  return seen
}

it('no file of an encrypted store holds plain text at any moment, nor does its journal', async () => {
  const { looks, journals, plain } = await watch(true)
  expect([...plain]).toEqual([])
  expect(looks).toBeGreaterThan(100)
  expect(journals).toBeGreaterThan(10)
})

it('and where it is not encrypted, this is seen', async () => {
  expect([...(await watch(false)).plain].sort()).toEqual(['journal', 'record', 'temporary'])
})
