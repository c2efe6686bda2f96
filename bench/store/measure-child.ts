import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { makeKeeper, replaceDurably, stockFolders, type OpenAuth, type SessionKeeper } from './contender.js'
import { AMOUNTS, type Contender, type DiskTimings, type Measured, type MeasureOrder, type Timings } from './lines.js'

const RATCHETS = 20
const RATCHET_BYTES = 600
const FSYNCS = 50
/** The middle one counts. */
const REPEATS = 3

async function timeOf(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** Files are not made as quickly the first time in a process: everybody gets to write some before. */
async function warmUp(keeper: SessionKeeper): Promise<void> {
  await keeper.add('warm')
  const auth = await keeper.open('warm')
  await auth.setKeys({ 'pre-key': preKeys(50) })
  await auth.getPreKeys(ids(50))
  for (let round = 0; round < 10; round += 1) await auth.saveCreds()
}

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1))

function preKeys(count: number): Record<string, { public: Uint8Array; private: Uint8Array }> {
  return Object.fromEntries(ids(count).map((id) => [id, { public: randomBytes(32), private: randomBytes(32) }]))
}

async function measure(contender: Contender, { folder, listing }: MeasureOrder): Promise<Timings> {
  const keeper = await makeKeeper(contender, folder)
  await warmUp(keeper)
  const sessions = Array.from({ length: REPEATS }, (_, index) => `shop${index}`)
  const each: Omit<Timings, 'list'>[] = []
  for (const sessionId of sessions) each.push(await measureSession(keeper, sessionId))
  await keeper.close()
  const middleOf = (name: keyof Omit<Timings, 'list'>): number => middle(each.map((timings) => timings[name]))
  return {
    setPreKeys: middleOf('setPreKeys'),
    getPreKeys: middleOf('getPreKeys'),
    keyCommits: middleOf('keyCommits'),
    credsCommits: middleOf('credsCommits'),
    open: middleOf('open'),
    list: await timeListing(contender, listing),
  }
}

async function measureSession(keeper: SessionKeeper, sessionId: string): Promise<Omit<Timings, 'list'>> {
  await keeper.add(sessionId)
  const auth = await keeper.open(sessionId)
  const all = preKeys(AMOUNTS.preKeys)
  const setPreKeys = await timeOf(() => auth.setKeys({ 'pre-key': all }))
  const getPreKeys = await timeOf(async () => {
    const found = Object.values(await auth.getPreKeys(ids(AMOUNTS.preKeys))).filter((value) => value !== null)
    if (found.length !== AMOUNTS.preKeys) throw new Error(`Only ${found.length} pre-keys were there.`)
  })
  const keyCommits = await timeOf(() => commitKeys(auth))
  const credsCommits = await timeOf(() => commitCreds(auth))
  const opened = Array.from({ length: AMOUNTS.opened }, (_, index) => `${sessionId}-${index}`)
  for (const id of opened) await keeper.add(id)
  const openMs = await timeOf(async () => {
    for (const id of opened) await keeper.open(id)
  })
  return { setPreKeys, getPreKeys, keyCommits, credsCommits, open: openMs }
}

function middle(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN
}

async function commitKeys(auth: OpenAuth): Promise<void> {
  for (let index = 0; index < AMOUNTS.commits; index += 1) {
    await auth.setKeys({ session: { [`49151${index % RATCHETS}.0`]: randomBytes(RATCHET_BYTES) } })
  }
}

async function commitCreds(auth: OpenAuth): Promise<void> {
  for (let index = 0; index < AMOUNTS.commits; index += 1) {
    auth.creds.accountSyncCounter = index
    await auth.saveCreds()
  }
}

async function timeListing(contender: Contender, listing: string): Promise<number> {
  const keeper = await makeKeeper(contender, listing)
  const time = await timeOfListings(() => keeper.list())
  await keeper.close()
  return time
}

async function timeOfListings(list: () => Promise<number>): Promise<number> {
  const listAll = async (): Promise<void> => {
    const found = await list()
    if (found !== AMOUNTS.listed) throw new Error(`Only ${found} sessions were listed.`)
  }
  // The first one finds out what kind of disk it is.
  await listAll()
  const times = []
  for (let repeat = 0; repeat < REPEATS; repeat += 1) times.push(await timeOf(listAll))
  return middle(times)
}

async function measureDisk({ folder, listing }: MeasureOrder): Promise<DiskTimings> {
  const file = await open(join(folder, 'synced'), 'w')
  const fsyncs = await timeOf(async () => {
    for (let index = 0; index < FSYNCS; index += 1) {
      await file.write(randomBytes(4096), 0, 4096, 0)
      await file.sync()
    }
  })
  await file.close()
  const text = randomBytes(RATCHET_BYTES).toString('base64')
  const durableReplaces = await timeOf(async () => {
    for (let index = 0; index < AMOUNTS.commits; index += 1) await replaceDurably(folder, String(index % RATCHETS), text)
  })
  const readdir = await timeOfListings(async () => (await stockFolders(listing)).length)
  return { fsync: fsyncs / FSYNCS, durableReplaces, readdir }
}

process.once('message', (order: MeasureOrder) => {
  const { contender } = order
  const measuring: Promise<Measured> =
    contender === 'disk'
      ? measureDisk(order).then((timings) => ({ kind: 'disk', timings }))
      : measure(contender, order).then((timings) => ({ kind: 'contender', contender, timings }))
  measuring.then(
    (measured) => {
      process.send?.(measured, () => {
        process.disconnect()
      })
    },
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
