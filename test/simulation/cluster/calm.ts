import { LEASE_MS } from './engine.js'
import type { SimulatedProcess } from './process.js'
import { DIAL_MS } from './session.js'
import type { ClusterWorld } from './world.js'

const SECOND_MS = 1000
/** After which time what its taker left is anybody's: three seconds and a third of that. */
const OPEN_AFTER_MS = 4000
/** What a call, a retry and a clock that is slow by one in a hundred cost. */
const SLACK_MS = 500
/** How long a session that is handed over may be without a socket. */
const HAND_OVER_MS = 2000
/** How long the fleet may take to be evened out. */
const MOST_ROUNDS = 15
const ROUND_MS = 10_000
const IDLE_MS = 30_000
/** A question and not quite a renewal in a second, and everything anew once in a minute. */
const CALLS_PER_SECOND = 2
const TOLERANCE = 0.15
/** After how long moves are forgotten. */
const FORGET_MS = 620_000

/** Everything that must come true once nothing disturbs the fleet. */
export async function comeToRest(world: ClusterWorld): Promise<void> {
  await world.heal()
  for (let second = 0; second < 120 && world.living.some(({ isEnding }) => isEnding); second += 1) await world.time.pass(SECOND_MS)
  await failOver(world)
  world.watch.isCalm = true
  if (world.watch.violations.length === 0) await settle(world)
  if (world.watch.violations.length === 0) await idle(world)
}

/** What the plan has for the end: one thing happens to a fleet that rests. */
export async function endOf(world: ClusterWorld): Promise<void> {
  const [first, second] = world.open
  switch (world.plan.epilogue) {
    case 'nothing':
      break
    case 'kill':
      if (first !== undefined && second !== undefined) await kill(world, first)
      break
    case 'drain':
      if (first !== undefined && second !== undefined) await drain(world, [first])
      break
    case 'drain two':
      if (first !== undefined && second !== undefined && world.open.length > 2) await drain(world, [first, second])
      break
    case 'join':
      await world.start({ maxSessions: null, rate: 1 })
      await world.time.pass(5 * SECOND_MS)
      await settle(world)
      break
  }
}

async function kill(world: ClusterWorld, process: SimulatedProcess): Promise<void> {
  const orphans = process.sessions.size
  world.watch.count()
  process.die()
  await failOver(world)
  const { refusals } = world.watch
  if (refusals > 1 + orphans * 0.05) world.watch.violate(2, `of ${orphans} sessions of a process that died ${refusals} were reached for in vain`)
}

async function drain(world: ClusterWorld, processes: readonly SimulatedProcess[]): Promise<void> {
  const { watch, time, plan } = world
  const others = world.open.filter((process) => !processes.includes(process))
  const sessions = processes.reduce((sum, process) => sum + process.sessions.size, 0)
  const hasRoom = capacityOf(others) >= plan.sessions
  const awayBefore = runningCount(world)
  watch.count()
  for (const process of processes) await time.run(process.clock, () => void process.drain(120_000))
  // No longer than that: what is evened out afterwards is no part of it.
  const until = time.now + 5 * SECOND_MS + sessions * HAND_OVER_MS
  while (time.now < until && processes.some(({ clock }) => clock.state !== 'gone')) await time.pass(SECOND_MS / 10)
  if (!hasRoom) return
  const left = processes.filter(({ clock }) => clock.state !== 'gone').map(({ name }) => name)
  if (left.length > 0) watch.violate(2, `${left.join(' and ')} still drains`)
  if (watch.longestGapMs >= HAND_OVER_MS) watch.violate(2, `a session that was handed over was not connected for ${Math.round(watch.longestGapMs)} ms`)
  if (watch.mostAway > plan.sessions - awayBefore + processes.length) watch.violate(2, `${watch.mostAway} sessions were on their way at once`)
  assertRunning(world, 'after a drain')
}

/** Every session that somebody has room for runs in time. */
async function failOver(world: ClusterWorld): Promise<void> {
  const orphans = world.plan.sessions - runningCount(world)
  const weights = weightsOf(world.open)
  const largestShare = Math.max(...weights) / weights.reduce((sum, weight) => sum + weight, 0)
  // Rendezvous hashing of a few sessions is as even as dice.
  const most = Math.min(orphans, 2 * orphans * largestShare + 3)
  await world.time.pass(LEASE_MS + SECOND_MS + OPEN_AFTER_MS + DIAL_MS + SLACK_MS + (most / world.plan.perSecond) * SECOND_MS)
  assertRunning(world, 'in time')
}

function assertRunning(world: ClusterWorld, when: string): void {
  const { watch, plan, engine } = world
  const away = engine.sessionIds.filter((sessionId) => (watch.awayMs(sessionId) ?? 0) >= HAND_OVER_MS)
  const expected = Math.min(plan.sessions, capacityOf(world.open))
  if (plan.sessions - away.length < expected) {
    watch.violate(2, `${plan.sessions - away.length} sessions run ${when}, and ${expected} could (not: ${away.join(', ')})`)
  }
}

/** Evens the load out, and then nothing moves any more. */
async function settle(world: ClusterWorld, mayForget = true): Promise<void> {
  const { watch, time } = world
  let rounds = 0
  for (let before = -1; before !== watch.handOvers && rounds < MOST_ROUNDS; rounds += 1) {
    before = watch.handOvers
    await time.pass(ROUND_MS)
  }
  if (rounds >= MOST_ROUNDS) watch.violate(2, `sessions are still handed over after ${(rounds * ROUND_MS) / SECOND_MS} s`)
  const uneven = unevenIn(world)
  if (uneven === null) return
  if (mayForget) {
    // What was moved twice lately stays until that is forgotten.
    await time.pass(FORGET_MS)
    await settle(world, false)
  } else watch.violate(2, uneven)
}

function unevenIn(world: ClusterWorld): string | null {
  const { open } = world
  const shares = sharesOf(
    open,
    open.reduce((sum, { sessions }) => sum + sessions.size, 0),
  )
  const isUneven = open.some(({ sessions }, index) => Math.abs(sessions.size - (shares[index] ?? 0)) > 1 + TOLERANCE * (shares[index] ?? 0))
  const told = open.map(({ name, sessions }, index) => `${name} ${sessions.size} of ${(shares[index] ?? 0).toFixed(1)}`)
  return isUneven ? `the load is uneven: ${told.join(', ')}` : null
}

/** Nothing is done that nobody needs, and what has no room says so. */
async function idle(world: ClusterWorld): Promise<void> {
  const { watch, time, engine } = world
  const handOvers = watch.handOvers
  const calls = new Map(world.living.map((process) => [process, process.link.calls]))
  await time.pass(IDLE_MS)
  if (watch.handOvers !== handOvers) watch.violate(2, `${watch.handOvers - handOvers} sessions were handed over in a fleet that rests`)
  for (const [{ name, link }, before] of calls) {
    const perSecond = ((link.calls - before) / IDLE_MS) * SECOND_MS
    if (perSecond > CALLS_PER_SECOND) watch.violate(3, `${name} made ${perSecond.toFixed(1)} calls a second, and nothing happened`)
  }
  const waiting = engine.sessionIds.filter((sessionId) => (watch.awayMs(sessionId) ?? 0) >= HAND_OVER_MS)
  for (const process of world.living) {
    await time.run(process.clock, () => {
      const wrong = waiting.filter((sessionId) => process.cluster.placeOf(sessionId) !== 'full')
      if (wrong.length > 0) watch.violate(2, `${process.name} does not say that there is no room for ${wrong.join(', ')}`)
    })
  }
}

function runningCount({ engine, watch }: ClusterWorld): number {
  return engine.sessionIds.filter((sessionId) => watch.awayMs(sessionId) === null).length
}

function capacityOf(processes: readonly SimulatedProcess[]): number {
  return processes.reduce((sum, { maxSessions }) => sum + (maxSessions ?? Infinity), 0)
}

function weightsOf(processes: readonly SimulatedProcess[]): number[] {
  const limits = processes.flatMap(({ maxSessions }) => maxSessions ?? [])
  const mean = limits.length === 0 ? 1 : limits.reduce((sum, limit) => sum + limit, 0) / limits.length
  return processes.map(({ maxSessions }) => maxSessions ?? mean)
}

/** What is fair, found otherwise than in the source: the level at which vessels of these widths and heights hold it all. */
function sharesOf(processes: readonly SimulatedProcess[], total: number): number[] {
  const weights = weightsOf(processes)
  const at = (level: number): number[] => processes.map(({ maxSessions }, index) => Math.min((weights[index] ?? 0) * level, maxSessions ?? Infinity))
  let [low, high] = [0, total + 1]
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2
    if (at(middle).reduce((sum, share) => sum + share, 0) < total) low = middle
    else high = middle
  }
  return at(high)
}
