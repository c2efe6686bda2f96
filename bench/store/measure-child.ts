import { answerParent } from '../answer-parent.js'
import { middleOf, timeOf } from './clock.js'
import { measureCommits } from './commits.js'
import { busyDescriptors, crowdedCommit } from './crowd.js'
import { measureFsync } from './fsync.js'
import { makeKeeper, type SessionKeeper } from './keeper.js'
import { AMOUNTS, type KeeperName, type KeeperTimings, type Measured, type MeasureOrder, type Place } from './lines.js'
import { preKeyIds, preKeys } from './records.js'

/** The middle one counts. */
const REPEATS = 3

answerParent(async (order: MeasureOrder): Promise<Measured> => {
  switch (order.kind) {
    case 'keeper':
      return { kind: order.kind, timings: await measureKeeper(order.keeper, order, order.listing) }
    case 'commits':
      return { kind: order.kind, timings: await measureCommits(order) }
    case 'fsync':
      return { kind: order.kind, fsyncMs: await measureFsync(order.folder) }
    case 'descriptors':
      return { kind: order.kind, most: await withKeeper(order.keeper, order, busyDescriptors) }
  }
})

async function withKeeper<Result>(name: KeeperName, place: Place, work: (keeper: SessionKeeper) => Promise<Result>): Promise<Result> {
  const keeper = await makeKeeper(name, place)
  const result = await work(keeper)
  await keeper.close()
  return result
}

async function measureKeeper(name: KeeperName, place: Place, listing: string): Promise<KeeperTimings> {
  const timings = await withKeeper(name, place, async (keeper) => {
    await warmUp(keeper)
    const each: OneSession[] = []
    const openAgain = (work: (again: SessionKeeper) => Promise<number>): Promise<number> => withKeeper(name, place, work)
    for (let index = 0; index < REPEATS; index += 1) each.push(await measureSession(keeper, `shop${index}`, openAgain))
    const middle = async (line: keyof OneSession): Promise<number | null> =>
      each.some((session) => session[line] === null) ? null : middleOf(REPEATS, async (index) => each[index]?.[line] ?? NaN)
    return {
      setPreKeys: await middle('setPreKeys'),
      getPreKeys: await middle('getPreKeys'),
      release: await middle('release'),
      open: await middle('open'),
      crowdedCommit: await crowdedCommit(keeper),
    }
  })
  return { ...timings, list: await withKeeper(name, { ...place, folder: listing }, timeOfListings) }
}

type OneSession = Omit<KeeperTimings, 'crowdedCommit' | 'list'>

/** Files are not made as quickly the first time in a process: everybody gets to write some before. */
async function warmUp(keeper: SessionKeeper): Promise<void> {
  await keeper.add('warm')
  const auth = await keeper.open('warm')
  await auth.setKeys({ 'pre-key': preKeys(50) })
  await auth.getPreKeys(preKeyIds(50))
  for (let round = 0; round < 10; round += 1) await auth.saveCreds()
}

/** Measures with a keeper that has seen nothing yet, as after a restart. */
type OpenAgain = (work: (again: SessionKeeper) => Promise<number>) => Promise<number>

async function measureSession(keeper: SessionKeeper, sessionId: string, openAgain: OpenAgain): Promise<OneSession> {
  await keeper.add(sessionId)
  return { ...(await measurePreKeys(keeper, sessionId)), open: await measureOpening(keeper, sessionId, openAgain) }
}

async function measurePreKeys(keeper: SessionKeeper, sessionId: string): Promise<Omit<OneSession, 'open'>> {
  const auth = await keeper.open(sessionId)
  const all = preKeys(AMOUNTS.preKeys)
  const setPreKeys = await timeOf(() => auth.setKeys({ 'pre-key': all }))
  const getPreKeys = await timeOf(async () => {
    const found = Object.values(await auth.getPreKeys(preKeyIds(AMOUNTS.preKeys))).filter((value) => value !== null)
    if (found.length !== AMOUNTS.preKeys) throw new Error(`Only ${found.length} pre-keys were there.`)
  })
  return { setPreKeys, getPreKeys, release: auth.release === null ? null : await timeOf(auth.release) }
}

/** Sessions that ran before: a store keeps something of each that it makes the first time. */
async function measureOpening(keeper: SessionKeeper, sessionId: string, openAgain: OpenAgain): Promise<number> {
  const [first = '', ...ids] = Array.from({ length: AMOUNTS.opened + 1 }, (_, index) => `${sessionId}-${index}`)
  for (const id of [first, ...ids]) {
    await keeper.add(id)
    const auth = await keeper.open(id)
    await auth.release?.()
  }
  return openAgain(async (again) => {
    await again.open(first)
    return timeOf(async () => {
      for (const id of ids) await again.open(id)
    })
  })
}

async function timeOfListings(keeper: SessionKeeper): Promise<number> {
  const listAll = async (): Promise<void> => {
    const found = await keeper.list()
    if (found !== AMOUNTS.listed) throw new Error(`Only ${found} sessions were listed.`)
  }
  // The first one finds out what kind of disk it is.
  await listAll()
  return middleOf(REPEATS, () => timeOf(listAll))
}
