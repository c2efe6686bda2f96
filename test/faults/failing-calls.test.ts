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
import { type FaultPlan, FaultyDisk } from '../support/recorded-disk/disk-faults.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { changesOf, findParts, pairingChanges, PARTS, SESSION_ID } from './support/scripted-records.js'

const OTHER_ID = 'b'
/** Longer than a store keeps what it was told from the files. */
const FOLD_MS = 5000
// Each of some hundred calls fails in a session of its own.
const TIMEOUT_MS = 240_000

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

/** Everything that a session does, once. What is refused is left out. */
async function play(session: StubbornSession, disk: FaultyDisk): Promise<void> {
  const fold = async (): Promise<void> => {
    await vi.advanceTimersByTimeAsync(FOLD_MS)
    await disk.quiet()
  }
  await session.acquire()
  await session.pair()
  await session.write(0)
  await Promise.all([session.write(1), session.write('creds')])
  await fold()
  await session.read()
  await session.write(1)
  await session.release()
  await session.writeOther()
  await session.acquire()
  await session.write('creds', 0)
  await session.write(0)
  await fold()
  await session.write(1)
  await session.deleteOther()
}

/** Plays on a disk that fails, mends it, and goes on. Resolves with what was wrong; `null` when nothing failed, because there were fewer calls. */
async function playWith(plan: FaultPlan): Promise<string[] | null> {
  const directory = temporaryFolder()
  using disk = new FaultyDisk(directory, plan)
  const store = new FileSystemSessionStore({ directory, durability: 'power' })
  const session = new StubbornSession(store)
  await play(session, disk)
  const { failed } = disk
  disk.mend()
  session.findings.push(...(await lookFromOutside(directory, session.expectation)))
  if (!(await goOn(session))) session.findings.push('the disk is mended, and the store does not go on')
  await store.close()
  await disk.quiet()
  session.findings.push(...(await lookFromOutside(directory, session.expectation)), ...leftovers(directory))
  rmSync(directory, { recursive: true })
  return failed === null ? null : session.findings.map((finding) => `${plan.code} at ${failed.kind} ${failed.path} (call ${plan.nth}): ${finding}`)
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

describe.each(['ENOSPC', 'EMFILE', 'EIO'] as const)('%s', { timeout: TIMEOUT_MS }, (code) => {
  it.each([
    ['at any one call', false, 1],
    ['from any call on', true, 3],
  ] as const)('invariants 6 and 7: %s loses nothing acknowledged, and the store goes on afterwards', async (_when, lasts, stride) => {
    const findings = []
    let nth = 1
    for (; ; nth += stride) {
      const found = await playWith({ code, nth, lasts })
      if (found === null) break
      findings.push(...found)
    }
    expect(findings.slice(0, 20), `${findings.length} findings in ${nth} calls`).toEqual([])
    // Otherwise it would show nothing.
    expect(nth).toBeGreaterThan(20)
  })
})
