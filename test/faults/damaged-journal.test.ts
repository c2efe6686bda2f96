import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { FileSystemSessionStore } from '../../src/adapters/filesystem/filesystem-session-store.js'
import { isSessionError } from '../../src/errors.js'
import { CREDS_KEY, type RecordChange, type RecordKey } from '../../src/store/session-store.js'
import { declareDead } from '../support/dead-holder.js'
import { isLong } from '../support/long-form.js'
import { seededRandom } from '../support/seeded-random.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { SESSION_ID } from './support/scripted-records.js'

const KEYS: readonly RecordKey[] = [CREDS_KEY, ...['1', '2', '3'].map((id) => ({ type: 'pre-key', id }))]
const PAIRING: readonly RecordChange[] = KEYS.map((key) => ({ ...key, value: '{"write":0}' }))
const FLIPS = isLong ? 400 : 100
// Without a store, every byte is tried by test/unit/adapters/filesystem/journal-entry.test.ts.
const CUT_EVERY = isLong ? 1 : 12
/** So many bytes before and after the end of an entry, a cut is tried at each. */
const AROUND_ENDS = 2
/** Each opens a store. */
const TIMEOUT_MS = isLong ? 600_000 : 120_000
const LINE_FEED = 0x0a

/** Each changes two records or more, so that a part of it shows. */
const WRITES: readonly (readonly RecordChange[])[] = [
  change(1, ['1', '2']),
  change(2, ['2', '3', 'creds']),
  [...change(3, ['1', 'creds']), { type: 'pre-key', id: '2', value: null }],
  change(4, ['2', '3']),
]

function change(write: number, ids: readonly string[]): RecordChange[] {
  return ids.map((id) => ({
    ...(id === 'creds' ? CREDS_KEY : { type: 'pre-key', id }),
    value: `{"write":${write},"filler":"é\u{1f511}\\n${'x'.repeat(write * 10)}"}`,
  }))
}

/** What the records are after the pairing and so many writes. */
function after(count: number): string {
  const values = new Map<string, string | null>()
  for (const { type, id, value } of [...PAIRING, ...WRITES.slice(0, count).flat()]) values.set(`${type} ${id}`, value)
  return JSON.stringify(KEYS.map(({ type, id }) => values.get(`${type} ${id}`) ?? null))
}

/** A holder that died with everything in its journal. */
interface DeadSession {
  readonly directory: string
  readonly journal: string
}

beforeEach(() => {
  // Nothing is folded by itself.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
})

async function deadSession(): Promise<DeadSession> {
  const directory = temporaryFolder()
  const store = new FileSystemSessionStore({ directory, durability: 'process' })
  const lease = await store.lock.acquire(SESSION_ID)
  const fencingToken = lease?.fencingToken ?? NaN
  await store.write(SESSION_ID, PAIRING, { fencingToken, replaceAll: true })
  for (const changes of WRITES) await store.write(SESSION_ID, changes, { fencingToken })
  // As it is now: when it is closed, all is folded.
  const left = temporaryFolder()
  cpSync(directory, left, { recursive: true })
  await store.close()
  declareDead(join(left, '.baileys-sessions'))
  const [journal = ''] = readdirSync(left, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('/journal'))
  return { directory: left, journal }
}

/** What the next process finds in a copy with another journal, before and after it has taken the lease, and whether it has left all files as they were. */
async function open({ directory, journal }: DeadSession, bytes: Uint8Array): Promise<{ found: readonly string[]; isUntouched: boolean }> {
  const copy = temporaryFolder()
  cpSync(directory, copy, { recursive: true })
  writeFileSync(join(copy, journal), bytes)
  const before = filesIn(copy)
  const store = new FileSystemSessionStore({ directory: copy, durability: 'process' })
  const found = []
  try {
    found.push(await read(store))
    await store.lock.acquire(SESSION_ID)
    found.push(await read(store))
  } finally {
    await store.close()
  }
  const isUntouched = filesIn(copy) === before
  rmSync(copy, { recursive: true })
  return { found, isUntouched }
}

async function read(store: FileSystemSessionStore): Promise<string> {
  try {
    const records = await store.read(SESSION_ID, KEYS)
    return JSON.stringify(KEYS.map(({ type, id }) => records.find((record) => record.type === type && record.id === id)?.value ?? null))
  } catch (error) {
    if (!isSessionError(error)) throw error
    return error.code
  }
}

/** All files of the session with what is in them, whichever of its folders they are in. */
function filesIn(directory: string): string {
  const folder = join(directory, `session-${SESSION_ID}`)
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return JSON.stringify(files.map(({ name, parentPath }) => [name, readFileSync(join(parentPath, name), 'hex')]).sort())
}

/** After how many bytes to cut a journal. */
function cuts(bytes: Uint8Array): number[] {
  const lengths = Array.from({ length: bytes.length + 1 }, (_, length) => length)
  const isAtEnd = (length: number): boolean => bytes.subarray(Math.max(0, length - AROUND_ENDS - 1), length + AROUND_ENDS).includes(LINE_FEED)
  return lengths.filter((length) => length % CUT_EVERY === 0 || isAtEnd(length))
}

describe('a journal', { timeout: TIMEOUT_MS }, () => {
  it('invariant 6: that is cut off at any byte has all writes up to there, each whole', { tags: 'full' }, async () => {
    const session = await deadSession()
    const bytes = readFileSync(join(session.directory, session.journal))
    expect(bytes.filter((byte) => byte === LINE_FEED)).toHaveLength(WRITES.length)
    for (const length of cuts(bytes)) {
      const cut = bytes.subarray(0, length)
      const whole = after(cut.filter((byte) => byte === LINE_FEED).length)
      expect((await open(session, cut)).found, `${length} of ${bytes.length} bytes`).toEqual([whole, whole])
    }
  })

  it('invariant 6: of which a bit has flipped has the writes before it, or is told as damaged and left as it is', { tags: 'full' }, async () => {
    const random = seededRandom()
    const session = await deadSession()
    const bytes = readFileSync(join(session.directory, session.journal))
    const outcomes = new Set<string>()
    for (let flips = 0; flips < FLIPS; flips += 1) {
      const [place, bit] = [random.below(bytes.length), random.below(8)]
      const flipped = Uint8Array.from(bytes, (byte, index) => (index === place ? byte ^ (1 << bit) : byte))
      const { found, isUntouched } = await open(session, flipped)
      const before = bytes.subarray(0, place).filter((byte) => byte === LINE_FEED).length
      const about = `SEED=${random.seed}, bit ${bit} of byte ${place}`
      const isTold = found[0] === 'RECORD_CORRUPT'
      expect(found, about).toEqual(isTold ? ['RECORD_CORRUPT', 'RECORD_CORRUPT'] : [after(before), after(before)])
      if (isTold) expect(isUntouched, about).toBe(true)
      outcomes.add(isTold ? 'told' : 'dropped')
    }
    // Otherwise it would show less.
    expect([...outcomes].sort()).toEqual(['dropped', 'told'])
  })

  it('invariant 6: that is cut off in the middle of its last write has all but that one', async () => {
    const session = await deadSession()
    const bytes = readFileSync(join(session.directory, session.journal))
    expect((await open(session, bytes.subarray(0, -20))).found).toEqual([after(WRITES.length - 1), after(WRITES.length - 1)])
    expect((await open(session, bytes)).found).toEqual([after(WRITES.length), after(WRITES.length)])
  })
})
