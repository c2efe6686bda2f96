// @module-tag full
import { readdirSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FileSystemSessionStore } from '../../src/adapters/filesystem/filesystem-session-store.js'
import { isSessionError } from '../../src/errors.js'
import type { SessionLease } from '../../src/lease/session-lock.js'
import { CREDS_KEY } from '../../src/store/session-store.js'
import { Expectation } from '../crash/expectation.js'
import type { Part } from '../crash/protocol.js'
import { collect } from '../support/collect.js'
import { isLong } from '../support/long-form.js'
import { type DiskErrorCode, type FaultPlan, FaultyDisk } from '../support/recorded-disk/disk-faults.js'
import { seededRandom } from '../support/seeded-random.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { changesOf, findParts, pairingChanges, PARTS, SESSION_ID } from './support/scripted-records.js'

const OTHER_ID = 'b'
/** Longer than a store keeps what it was told from the files. */
const FOLD_MS = 5000
/** A disk that goes on failing hides most of what would come after the first call. */
const STRIDE = 3
// Each of some hundred calls fails in a session of its own.
const TIMEOUT_MS = isLong ? 1_200_000 : 240_000

const random = seededRandom()

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A session that goes on whatever its store says, and takes note of it. */
class StubbornSession {
  readonly expectation = new Expectation()
  /** What was wrong with a rejection, or with what was read. */
  readonly findings: string[] = []
  readonly #store: FileSystemSessionStore
  #lease: SessionLease | null = null
  #version = 0

  constructor(store: FileSystemSessionStore) {
    this.#store = store
  }

  /** Whether it went well. A lease that it has is kept. */
  async acquire(): Promise<boolean> {
    if (this.#lease !== null) return true
    return this.#try('acquire', async () => {
      this.#lease = await this.#store.lock.acquire(SESSION_ID)
      if (this.#lease === null) this.findings.push('acquire: nobody has the lock, and yet it was refused')
    })
  }

  async pair(): Promise<boolean> {
    return this.#write(PARTS, true)
  }

  async write(...parts: readonly Part[]): Promise<boolean> {
    return this.#write(parts, false)
  }

  async release(): Promise<boolean> {
    return this.#try('release', async () => {
      await this.#lease?.release()
      this.#lease = null
    })
  }

  /** Another session, which is written without a lease, and deleted. */
  async writeOther(): Promise<boolean> {
    return this.#try('write', () => this.#store.write(OTHER_ID, pairingChanges(1)))
  }

  async deleteOther(): Promise<boolean> {
    return this.#try('delete', () => this.#store.delete(OTHER_ID))
  }

  async read(): Promise<boolean> {
    return this.#try('read', async () => {
      await this.#store.read(SESSION_ID, [CREDS_KEY])
      await collect(this.#store.records(SESSION_ID))
      await collect(this.#store.list())
    })
  }

  async #write(parts: readonly Part[], isPairing: boolean): Promise<boolean> {
    if (this.#lease === null) return false
    const version = ++this.#version
    const { fencingToken } = this.#lease
    for (const part of parts) this.expectation.take({ kind: 'begun', part, version })
    const changes = isPairing ? pairingChanges(version) : parts.flatMap((part) => changesOf(part, version))
    const isStored = await this.#try('write', () => this.#store.write(SESSION_ID, changes, { fencingToken, replaceAll: isPairing }))
    if (isStored) for (const part of parts) this.expectation.take({ kind: 'done', part, version })
    return isStored
  }

  async #try(verb: string, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (!isSessionError(error) || error.code !== 'STORE_UNAVAILABLE') this.findings.push(`${verb} was rejected with ${String(error)}`)
      return false
    }
  }
}

async function fold(disk: FaultyDisk): Promise<void> {
  await vi.advanceTimersByTimeAsync(FOLD_MS)
  await disk.quiet()
}

/** Everything that a session does, once. What is refused is left out. */
const STEPS: readonly ((session: StubbornSession, disk: FaultyDisk) => Promise<unknown>)[] = [
  (session) => session.acquire(),
  (session) => session.pair(),
  (session) => session.write(0),
  (session) => Promise.all([session.write(1), session.write('creds')]),
  (_, disk) => fold(disk),
  (session) => session.read(),
  (session) => session.write(1),
  (session) => session.release(),
  (session) => session.writeOther(),
  (session) => session.acquire(),
  (session) => session.write('creds', 0),
  (session) => session.write(0),
  (_, disk) => fold(disk),
  (session) => session.write(1),
  (session) => session.deleteOther(),
]

/** Plays on a disk that fails, mends it, and goes on. Resolves with what was wrong. */
async function playWith(plan: FaultPlan): Promise<string[]> {
  const directory = temporaryFolder()
  using disk = new FaultyDisk(directory, plan)
  const store = new FileSystemSessionStore({ directory, durability: 'power' })
  const session = new StubbornSession(store)
  for (const step of STEPS) await step(session, disk)
  const { failed } = disk
  disk.mend()
  session.findings.push(...(await lookFromOutside(directory, session.expectation)))
  if (!(await goOn(session))) session.findings.push('the disk is mended, and the store does not go on')
  await store.close()
  await disk.quiet()
  session.findings.push(...(await lookFromOutside(directory, session.expectation)), ...leftovers(directory))
  rmSync(directory, { recursive: true })
  return session.findings.map((finding) => `${plan.code} at ${failed?.kind} ${failed?.path} (call ${plan.nth}): ${finding}`)
}

/** Every call that can fail so, counted from 1, by the situation that it is in: in which step, of which kind, and about what kind of file. */
async function situations(code: DiskErrorCode): Promise<number[][]> {
  const directory = temporaryFolder()
  using disk = new FaultyDisk(directory, { code, nth: 0 })
  const store = new FileSystemSessionStore({ directory, durability: 'power' })
  const session = new StubbornSession(store)
  const found = new Map<string, number[]>()
  let nth = 0
  for (const [index, step] of STEPS.entries()) {
    await step(session, disk)
    for (const { kind, path, to = '' } of disk.calls.slice(nth)) {
      const situation = `${index} ${kind} ${shapeOf(path)} ${shapeOf(to)}`
      found.set(situation, [...(found.get(situation) ?? []), ++nth])
    }
  }
  await store.close()
  return [...found.values()]
}

/** A path without what differs between the records of a batch, and between two plays. */
function shapeOf(path: string): string {
  return path.replaceAll(/(?:pre-key|session)-[^/]*\.json/gu, 'key.json').replaceAll(/[0-9a-f]{8,}|\d+/gu, '#')
}

async function goOn(session: StubbornSession): Promise<boolean> {
  const steps = [
    () => session.acquire(),
    () => session.write(0),
    () => session.write('creds', 1),
    () => session.read(),
    () => session.release(),
    () => session.acquire(),
    () => session.write(1),
    () => session.deleteOther(),
  ]
  for (const step of steps) if (!(await step())) return false
  return true
}

async function lookFromOutside(directory: string, expectation: Expectation): Promise<string[]> {
  const reader = new FileSystemSessionStore({ directory })
  const findings = expectation.judge(await findParts(reader, SESSION_ID))
  await reader.close()
  return findings.map(({ kind, text }) => `${kind}: ${text}`)
}

/** What a closed store must not leave behind. */
function leftovers(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  // What could not be removed beside the locks is no session's, and small.
  const files = names.filter((name) => !name.startsWith('.baileys-sessions/') && /\.(?:lease|sealed)-|\.tmp$|\.batch\.json$|^session-b/u.test(name))
  return [...files, ...openFilesIn(directory)].map((name) => `it has left ${name}`)
}

function openFilesIn(directory: string): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fd')
    .map((descriptor) => targetOf(join('/proc/self/fd', descriptor)))
    .filter((path) => path.startsWith(directory))
    .map((path) => `${path} open`)
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    // The one of the listing itself.
    return ''
  }
}

/** One call of each situation, or of one in so many. */
function someOf(calls: readonly number[][], stride: number): number[] {
  const offset = random.below(stride)
  return calls.filter((_, index) => index % stride === offset).map((alike) => alike[random.below(alike.length)] ?? 0)
}

describe.each(['ENOSPC', 'EMFILE', 'EIO'] as const)('%s', { timeout: TIMEOUT_MS }, (code) => {
  it.each([
    ['at any one call', false],
    ['from any call on', true],
  ] as const)('invariants 6 and 7: %s loses nothing acknowledged, and the store goes on afterwards', async (_when, lasts) => {
    const calls = await situations(code)
    // Otherwise it would show nothing.
    expect(calls.length).toBeGreaterThan(20)
    const chosen = isLong ? calls.flat() : someOf(calls, lasts ? STRIDE : 1)
    const findings = []
    for (const nth of chosen) findings.push(...(await playWith({ code, nth, lasts })))
    expect(findings.slice(0, 20), `SEED=${random.seed}, ${findings.length} findings in ${chosen.length} calls`).toEqual([])
  })
})
