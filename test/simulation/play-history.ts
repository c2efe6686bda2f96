import type { Call, Happening, History } from './history.js'
import type { VerbCall } from './observer.js'
import type { Played } from './simulate.js'
import { Trace } from './trace.js'
import { watchInvariants } from './watch/watch-invariants.js'
import type { SimulatedManager } from './world/simulated-manager.js'
import { UNKNOWN_ID, World } from './world/world.js'

const PHONE_NUMBER = '5511912345678'
const HALF_AN_HOUR_MS = 30 * 60_000
const TWO_MINUTES_MS = 120_000
const TEN_SECONDS_MS = 10_000

/** Plays a history in a world of its own, up to the first violation. One at a time: the clock of the process is replaced meanwhile. */
export async function playHistory({ world: plan, steps }: History, trace?: (line: string) => void): Promise<Played> {
  const world = new World(plan)
  world.backplane.observers.push(...(trace === undefined ? [] : [new Trace(world, trace)]), ...watchInvariants(world))
  const realRandom = Math.random
  Math.random = () => world.backplane.dice.roll('Math.random')
  const onStray = (error: unknown): void => {
    world.violate(9, `nobody handled ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }
  process.on('unhandledRejection', onStray)
  process.on('uncaughtException', onStray)
  try {
    let played = 0
    for (const { thenMs, ...happening } of steps) {
      happen(world, happening)
      played += 1
      if (thenMs !== null) await world.time.pass(thenMs)
      if (thenMs !== null) world.backplane.tell('stepped')
      if (world.violations.length > 0) return { violations: world.violations, steps: played }
    }
    if (plan.endsInPeace) await heal(world)
    if (world.violations.length === 0) await end(world)
    return { violations: world.violations, steps: played }
  } finally {
    // What is still on its way must not go on in the next world.
    await world.time.settle()
    process.off('unhandledRejection', onStray)
    process.off('uncaughtException', onStray)
    Math.random = realRandom
    world.time.uninstall()
  }
}

/** All faults are over; then each session proves that it is not deaf. */
async function heal(world: World): Promise<void> {
  world.backplane.heal()
  world.server.mood = 'welcoming'
  for (const manager of world.managers) manager.isPolite = true
  await world.time.pass(HALF_AN_HOUR_MS)
  for (const sessionId of world.sessionIds) {
    const socket = world.newestSocket(sessionId)
    if (socket === undefined) continue
    world.server.act(socket, { what: 'creds' })
    world.server.act(socket, { what: 'ratchet' })
  }
  await world.time.pass(1000)
  world.backplane.tell('stepped')
  world.backplane.tell('healed')
}

async function end(world: World): Promise<void> {
  for (const manager of world.managers) {
    const timeoutMs = world.plan.endsInPeace ? 60_000 : world.backplane.dice.pick('patience', [1000, 10_000, 60_000])
    if (!world.isClosing(manager.name)) ask(world, manager, null, { verb: 'close', timeoutMs })
  }
  await world.time.pass(TWO_MINUTES_MS)
  // What could not be given back is, when the application closes its store.
  world.backplane.heal()
  for (const manager of world.managers)
    manager.closeStore().catch((error: unknown) => {
      world.violate(4, `the store of ${manager.name} could not be closed: ${String(error)}`)
    })
  await world.time.pass(TEN_SECONDS_MS)
  world.backplane.tell('stepped')
  world.backplane.tell('ended')
}

function happen(world: World, happening: Happening): void {
  switch (happening.do) {
    case 'call':
      call(world, happening)
      break
    case 'signal':
      signal(world, happening)
      break
    case 'mood':
      world.backplane.changeMood(happening.of, happening.session === null ? null : world.sessionId(happening.session), happening.mood)
      break
    case 'server':
      world.server.mood = happening.mood
      break
    case 'lose':
      world.tear(world.sessionId(happening.session), happening.how)
      break
    case 'wipe':
      world.wipe(world.sessionId(happening.session))
      break
    case 'occupy':
      occupy(world, world.sessionId(happening.session), happening.forMs)
      break
    case 'nothing':
      break
  }
}

function signal(world: World, { session, age, signal: what }: Extract<Happening, { do: 'signal' }>): void {
  const socket = world.sockets.filter((each) => each.sessionId === world.sessionId(session)).at(-1 - age)
  if (socket !== undefined) world.server.act(socket, what)
}

function occupy(world: World, sessionId: string, forMs: number): void {
  const giveBack = world.backend.occupy(sessionId)
  if (giveBack === null) return
  world.backplane.tell('occupied', sessionId)
  world.time.later(forMs, giveBack)
}

function call(world: World, { manager: place, session, callers, call: asked }: Extract<Happening, { do: 'call' }>): void {
  const manager = world.manager(place)
  const isOfAll = asked.verb === 'restoreAll' || asked.verb === 'getStatuses' || asked.verb === 'close'
  // Only a look at a status is taken at what nobody knows: everything else makes it known.
  const isUnknown = asked.verb === 'getStatus' && session > world.sessionIds.length
  const sessionId = isUnknown ? UNKNOWN_ID : world.sessionId(session)
  for (let caller = 0; caller < callers; caller += 1) ask(world, manager, isOfAll ? null : sessionId, asked)
}

function ask(world: World, manager: SimulatedManager, sessionId: string | null, asked: Call): void {
  const noted: VerbCall = {
    manager: manager.name,
    sessionId,
    call: asked,
    order: world.calls.length,
    calledAtMs: world.time.elapsedMs,
    outcome: 'pending',
    value: undefined,
  }
  world.calls.push(noted)
  world.backplane.tell('called', noted)
  const settle =
    (outcome: VerbCall['outcome']) =>
    (value: unknown): void => {
      noted.outcome = outcome
      noted.value = value
      world.backplane.tell('settled', noted)
    }
  perform(world, manager, sessionId ?? '', asked).then(settle('resolved'), settle('rejected'))
}

async function perform(world: World, { sessions }: SimulatedManager, sessionId: string, asked: Call): Promise<unknown> {
  const abort = 'abortAfterMs' in asked ? { signal: abortLater(world, asked.abortAfterMs) } : {}
  switch (asked.verb) {
    case 'connect':
      return sessions.connect(sessionId, { ...abort, timeoutMs: asked.timeoutMs ?? undefined, metadata: metadataOf(asked.metadata, sessionId) })
    case 'restoreSession':
      return sessions.restoreSession(sessionId, { ...abort, force: asked.force })
    case 'restoreAll':
      return sessions.restoreAll({
        ...abort,
        onProgress: () => {
          if (world.plan.isRude) throw new Error('The simulated application throws in onProgress.')
        },
      })
    case 'getStatus':
      return sessions.getStatus(sessionId, { restore: asked.restore })
    case 'getStatuses':
      return sessions.getStatuses()
    case 'requestPairingCode':
      return sessions.requestPairingCode(sessionId, PHONE_NUMBER)
    case 'waitUntilConnected':
      return sessions.waitUntilConnected(sessionId, abort)
    case 'stop':
      return sessions.stop(sessionId)
    case 'logout':
      return sessions.logout(sessionId, { timeoutMs: asked.timeoutMs, requireUnlink: asked.requireUnlink })
    case 'delete':
      return sessions.delete(sessionId)
    case 'close':
      return sessions.close({ timeoutMs: asked.timeoutMs })
  }
}

function metadataOf(isGiven: boolean, sessionId: string): Record<string, unknown> | undefined {
  return isGiven ? { company: sessionId } : undefined
}

function abortLater(world: World, delayMs: number | null): AbortSignal | undefined {
  if (delayMs === null) return undefined
  const controller = new AbortController()
  world.time.later(delayMs, () => {
    controller.abort()
  })
  return controller.signal
}
