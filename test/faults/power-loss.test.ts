// @module-tag full
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FileSystemSessionStore } from '../../src/adapters/filesystem/filesystem-session-store.js'
import type { SessionLease } from '../../src/lease/session-lock.js'
import { Expectation, type Finding } from '../crash/expectation.js'
import type { Part, WriterLine } from '../crash/protocol.js'
import { declareDead } from '../support/dead-holder.js'
import { isLong } from '../support/long-form.js'
import { type PowerLoss, restoreAfter, type Unsynced } from '../support/recorded-disk/power-loss.js'
import { type DiskEffect, RecordedDisk } from '../support/recorded-disk/recorded-disk.js'
import { seededRandom } from '../support/seeded-random.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { changesOf, findParts, pairingChanges, PARTS, SESSION_ID } from './support/scripted-records.js'

type Durability = 'power' | 'process' | undefined

/** What was recorded, and what the store said meanwhile. */
interface Recording {
  readonly effects: readonly DiskEffect[]
  /** Each with how many effects there were when it was told. */
  readonly lines: readonly { readonly effects: number; readonly line: WriterLine }[]
  /** How many effects there were before anything but the pairing came into the files. */
  readonly unfolded: number
}

/** Longer than a store keeps what it was told from the files. */
const FOLD_MS = 5000
const RANDOM_LOSSES = isLong ? 4 : 1
/** The writes that change creds and a batch. */
const WITH_CREDS: readonly number[] = [1, 7]
// Each of some hundred losses is opened.
const TIMEOUT_MS = 240_000

const seed = seededRandom().seed

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Pairs a session, writes all of its parts, alone, together and one after the other, folds, gives the lease back and goes on. */
async function record(durability: Durability): Promise<Recording> {
  const directory = temporaryFolder()
  using disk = new RecordedDisk(directory)
  const store = openStore(directory, durability)
  const lines: { effects: number; line: WriterLine }[] = []
  let lease = await mustAcquire(store)
  let version = 0
  const write = async (...parts: Part[]): Promise<void> => {
    version += 1
    const own = version
    const isPairing = own === 1
    const tell = (kind: 'begun' | 'done'): void => {
      for (const part of parts) lines.push({ effects: disk.effects.length, line: { kind, part, version: own } })
    }
    tell('begun')
    const changes = isPairing ? pairingChanges(own) : parts.flatMap((part) => changesOf(part, own))
    await store.write(SESSION_ID, changes, { fencingToken: lease.fencingToken, replaceAll: isPairing })
    tell('done')
  }
  let unfolded = 0
  const fold = async (): Promise<void> => {
    unfolded ||= disk.effects.length
    await vi.advanceTimersByTimeAsync(FOLD_MS)
    await disk.quiet()
  }
  await write(...PARTS)
  await write(0)
  await write('creds')
  await Promise.all([write(1), write(0), write('creds')])
  await fold()
  await write(0, 'creds')
  await write(1)
  await lease.release()
  lease = await mustAcquire(store)
  await write(1)
  await write(0)
  await fold()
  await write('creds')
  await write(0)
  await store.close()
  return { effects: disk.effects, lines, unfolded }
}

function openStore(directory: string, durability: Durability): FileSystemSessionStore {
  return new FileSystemSessionStore({ directory, ...(durability === undefined ? {} : { durability }) })
}

async function mustAcquire(store: FileSystemSessionStore): Promise<SessionLease> {
  const lease = await store.lock.acquire(SESSION_ID)
  if (lease === null) throw new Error(`The lease was not given; its owner is ${String(await store.lock.owner(SESSION_ID))}.`)
  return lease
}

/** What the next store may find. */
function expectationOf({ lines }: Recording, until: number, durability: Durability): Expectation {
  const expectation = new Expectation()
  for (const { effects, line } of lines) {
    if (effects <= until && (line.kind === 'begun' || isPromised(line, durability))) expectation.take(line)
  }
  return expectation
}

function isPromised(line: WriterLine, durability: Durability): boolean {
  if (line.kind !== 'begun' && line.kind !== 'done') return false
  if (durability !== undefined) return durability === 'power'
  // What is written together with creds waits for the disk as they do.
  return line.part === 'creds' || WITH_CREDS.includes(line.version)
}

/** The parts of which what is in the files was promised: others may be damaged. */
function judgedParts({ lines, unfolded }: Recording, until: number, durability: Durability): readonly Part[] {
  if (until < unfolded) return PARTS
  return PARTS.filter((part) => {
    const told = lines.filter(({ effects, line }) => effects <= until && 'part' in line && line.part === part).map(({ line }) => line)
    return [told.at(-1), told.findLast(({ kind }) => kind === 'done')].every((line) => line !== undefined && isPromised(line, durability))
  })
}

/** Each moment before and after a sync, with every kind of loss. */
function* losses({ effects }: Recording): Generator<PowerLoss> {
  const random = seededRandom(seed)
  const syncs = [...effects.keys()].filter((index) => effects[index]?.kind === 'sync')
  // After one sync is before the next, where one follows another.
  for (const until of new Set([...syncs.flatMap((index) => [index, index + 1]), effects.length])) {
    for (const [names, text] of lossesAt(random.below)) yield { until, names, text, random: seededRandom(random.below(2 ** 31)) }
  }
}

function lossesAt(below: (limit: number) => number): [names: Unsynced, text: Unsynced][] {
  const any = (): Unsynced => (['lost', 'kept', 'prefix', 'scattered'] as const)[below(4)] ?? 'lost'
  return [
    ['lost', 'lost'],
    ['kept', 'lost'],
    ['kept', 'prefix'],
    ['lost', 'kept'],
    ...Array.from({ length: RANDOM_LOSSES }, (): [Unsynced, Unsynced] => [any(), any()]),
  ]
}

/** Looks at what a loss of power has left, as a reader and as the next holder do. */
async function judge(recording: Recording, loss: PowerLoss, durability: Durability): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'baileys-sessions-power-'))
  restoreAfter(recording.effects, loss, directory)
  declareDead(join(directory, '.baileys-sessions'))
  // Nothing depends on when these come to the disk.
  const store = openStore(directory, 'process')
  const findings = []
  try {
    const expectation = expectationOf(recording, loss.until, durability)
    const judged = judgedParts(recording, loss.until, durability).map((part) => `${part === 'creds' ? 'creds' : `batch ${part}`}:`)
    const look = async (): Promise<Finding[]> =>
      expectation.judge(await findParts(store, SESSION_ID)).filter(({ text }) => judged.some((name) => text.startsWith(name)))
    findings.push(...(await look()))
    const lease = await mustAcquire(store)
    findings.push(...(await look()))
    await store.write(SESSION_ID, changesOf('creds', 1000), { fencingToken: lease.fencingToken })
    await lease.release()
    expectation.take({ kind: 'begun', part: 'creds', version: 1000 })
    expectation.take({ kind: 'done', part: 'creds', version: 1000 })
    findings.push(...(await look()))
  } finally {
    await store.close()
    rmSync(directory, { recursive: true })
  }
  return findings.map(({ kind, text }) => `${kind}: ${text} (${loss.until} effects, names ${loss.names}, text ${loss.text})`)
}

describe('power that is lost', { timeout: TIMEOUT_MS }, () => {
  it.each(['power', undefined] as const)(
    'invariant 6: takes nothing that was promised to survive it, and leaves it whole (durability %s)',
    async (durability) => {
      const recording = await record(durability)
      const findings = []
      for (const loss of losses(recording)) findings.push(...(await judge(recording, loss, durability)))
      expect(findings.slice(0, 20), `SEED=${seed}, ${recording.effects.length} effects, ${findings.length} findings`).toEqual([])
    },
  )
})
