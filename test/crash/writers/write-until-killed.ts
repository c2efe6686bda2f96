import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import { hurry } from '../../support/hurried-timers.js'
import type { DiskWatch } from '../../support/recorded-disk/watch-disk.js'
import { seededRandom } from '../../support/seeded-random.js'
import type { FaultPoint, Part, WriterLine, WriterOrder } from '../protocol.js'
import type { AuthUnderTest } from './auth-under-test.js'
import { dieAt } from './fault-point.js'
import { batchData, batchNumbers, findBatch } from './key-batches.js'
import { findCreds, identityOf, isPaired, mark, pair } from './marked-creds.js'

/** A pipe to the parent. What was written to it is there, whatever happens to this process next. */
const LINES = 3

const CREDS_IN_A_ROW = 10
/** Many of the steps come only when a lease ends. */
const REOPENED_EVERY = { anyMoment: 8, step: 3 } as const
const IDLE_EVERY = 4
/** Longer than a store that is hurried waits before it folds. */
const IDLE_MS = 30
/** After so many rounds a writer does not come to its step any more, however slow the machine is. Leftovers are sealed before the first one. */
const mostRounds = (point: FaultPoint | null): number => (point === null ? Infinity : point.step === 'seal' ? 5 : 20)

const tell = (line: WriterLine): void => void writeSync(LINES, `${JSON.stringify(line)}\n`)

/** Waits for its order, tells what it finds, and writes until it is killed. It ends by itself when the parent does. */
export function writeUntilKilled(open: (directory: string) => Promise<AuthUnderTest>): void {
  const input = createInterface(process.stdin)
  input.once('line', (line) => {
    // The parent sends nothing else.
    work(JSON.parse(line) as WriterOrder, open).catch((error: unknown) => {
      tell({ kind: 'failed', problem: error instanceof Error ? (error.stack ?? error.message) : String(error) })
      process.exit(1)
    })
  })
  input.once('close', () => process.exit(0))
}

async function work(order: WriterOrder, open: (directory: string) => Promise<AuthUnderTest>): Promise<void> {
  hurry()
  const disk = order.dieAt === null ? null : dieAt(order.dieAt, order.directory, () => tell({ kind: 'dying' }))
  const auth = await open(order.directory)
  const numbers = batchNumbers(order.isBig)
  await tellFound(auth, numbers)
  if (order.isLastLook) process.exit(0)
  await writeRounds(auth, order, numbers, disk)
}

async function tellFound(auth: AuthUnderTest, numbers: readonly number[]): Promise<void> {
  const creds = findCreds(auth)
  const batches = []
  for (const number of numbers) batches.push(await findBatch(auth, number))
  tell({ kind: 'found', found: { creds, batches, identity: creds.kind === 'whole' && creds.version > 0 ? identityOf(auth.creds) : null } })
}

/** Writes for ever, or for as long as its step may still come. */
async function writeRounds(opened: AuthUnderTest, order: WriterOrder, numbers: readonly number[], disk: DiskWatch | null): Promise<void> {
  const { seed, firstVersion, isBig, dieAt: point } = order
  const reopenedEvery = REOPENED_EVERY[point === null ? 'anyMoment' : 'step']
  const random = seededRandom(seed)
  let auth = opened
  let version = firstVersion
  if (!isPaired(auth.creds)) {
    await writePairing(auth, numbers.at(-1) ?? 0, version)
    version += 2
  }
  // The big batch is due at once: most are killed before it would come by chance.
  if (isBig) await writeBatch(auth, numbers.at(-1) ?? 0, version++)
  for (let rounds = mostRounds(point); rounds > 0; rounds -= 1) {
    version = await writeRound(auth, random.below(numbers.length), version, random.below(3))
    if (disk !== null && point?.step === 'cut' && random.below(IDLE_EVERY) === 0) await untilFolded(disk)
    if (random.below(reopenedEvery) !== 0) continue
    auth = await auth.reopen()
    await tellFound(auth, numbers)
  }
  // In the middle of a write, as those that are killed at any moment.
  void writeBatch(auth, 0, version)
  await turn()
  process.kill(process.pid, 'SIGKILL')
}

/** Creds, a batch, or both at once. Resolves with the version to go on with. */
async function writeRound(auth: AuthUnderTest, number: number, firstVersion: number, choice: number): Promise<number> {
  let version = firstVersion
  await Promise.all([...(choice === 0 ? [] : [writeBatch(auth, number, version++)]), ...(choice === 1 ? [] : [writeCreds(auth, version++)])])
  // They are saved far more often than anything else.
  for (let saves = choice === 0 ? CREDS_IN_A_ROW : 0; saves > 0; saves -= 1) await writeCreds(auth, version++)
  return version
}

/** A journal is cut only when nothing was written while it was folded. */
async function untilFolded(disk: DiskWatch): Promise<void> {
  await pause(IDLE_MS)
  await disk.quiet()
}

/** Keys that come before a pairing is complete are stored with its creds, and are acknowledged with them. */
async function writePairing(auth: AuthUnderTest, number: number, version: number): Promise<void> {
  pair(auth.creds)
  const writing = told(number, version, async () => {
    await auth.setKeys(batchData(number, version))
    await saving
  })
  const saving = writeCreds(auth, version + 1)
  await writing
}

async function writeBatch(auth: AuthUnderTest, number: number, version: number): Promise<void> {
  await told(number, version, () => auth.setKeys(batchData(number, version)))
}

async function writeCreds(auth: AuthUnderTest, version: number): Promise<void> {
  mark(auth.creds, version)
  await told('creds', version, () => auth.saveCreds(), identityOf(auth.creds))
}

async function told(part: Part, version: number, write: () => Promise<void>, identity?: string): Promise<void> {
  const line = { part, version, ...(identity === undefined ? {} : { identity }) }
  tell({ kind: 'begun', ...line })
  await write()
  tell({ kind: 'done', ...line })
}
