import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import type { Played } from '../simulate.js'
import { comeToRest, endOf } from './calm.js'
import type { ClusterHappening, ClusterHistory } from './history.js'
import { ClusterWorld } from './world.js'

/** Plays a history in a world of its own, up to the first violation. One at a time: the clock of the process is replaced meanwhile. */
export async function playClusterHistory({ world: plan, steps }: ClusterHistory, trace?: (line: string) => void): Promise<Played> {
  const world = new ClusterWorld(plan)
  const giveLuckBack = replaceLuck(world)
  const onStray = (error: unknown): void => {
    world.watch.violate(2, `nobody handled ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }
  process.on('unhandledRejection', onStray)
  try {
    for (const processPlan of plan.processes) await world.start(processPlan)
    let played = 0
    for (const { thenMs, ...happening } of steps) {
      await happen(world, happening)
      played += 1
      await world.time.pass(thenMs)
      world.watch.check()
      trace?.(tell(world, JSON.stringify(happening)))
      if (world.watch.violations.length > 0) return { violations: world.watch.violations, steps: played }
    }
    for (const phase of [comeToRest, endOf]) {
      if (world.watch.violations.length > 0) break
      await phase(world)
      world.watch.check()
      trace?.(tell(world, phase.name))
    }
    return { violations: world.watch.violations, steps: played }
  } finally {
    process.off('unhandledRejection', onStray)
    giveLuckBack()
    for (const each of world.living) each.die()
    world.time.uninstall()
  }
}

async function happen(world: ClusterWorld, happening: ClusterHappening): Promise<void> {
  switch (happening.do) {
    case 'nothing':
      return
    case 'wipe':
      world.engine.wipe()
      return
    case 'set engine clock':
      // No more than a process gives up of a lease, however often.
      world.engine.aheadMs = happening.byMs
      return
    case 'join':
      await world.start(happening.plan)
      return
    default:
      await happenTo(world, happening)
  }
}

async function happenTo(world: ClusterWorld, happening: Extract<ClusterHappening, { readonly process: number }>): Promise<void> {
  const process = world.at(happening.process)
  if (process === undefined) return
  switch (happening.do) {
    case 'kill':
      process.die()
      break
    case 'restart':
      process.die()
      await world.start(happening.plan)
      break
    case 'pause':
      world.pause(process, happening.forMs)
      break
    case 'cut':
      world.cut(process, happening.mood, happening.forMs)
      break
    case 'set clock':
      process.clock.aheadMs += happening.byMs
      break
    case 'leave':
      await world.time.run(process.clock, () => void process.leave())
      break
    case 'drain':
      await world.time.run(process.clock, () => void process.drain(happening.timeoutMs))
      break
    case 'ask to drain':
      world.engine.askToDrain(process.id)
      break
  }
}

/** Names and jitter come from the dice of the world: a history happens again as it happened. */
function replaceLuck({ dice }: ClusterWorld): () => void {
  const { random } = Math
  const { randomBytes } = crypto
  const put = (bytes: unknown): void => {
    Object.defineProperty(crypto, 'randomBytes', { value: bytes, configurable: true, writable: true, enumerable: true })
    syncBuiltinESMExports()
  }
  Math.random = () => dice.roll('Math.random')
  put((size: number) => Buffer.from(Array.from({ length: size }, () => dice.between('randomBytes', 0, 255))))
  return () => {
    Math.random = random
    put(randomBytes)
  }
}

function tell(world: ClusterWorld, what: string): string {
  const processes = world.living.map(({ name, clock, link, isEnding, sessions }) => {
    const shown = [...sessions].map(
      ([sessionId, { status, lease }]) => `${sessionId.slice(8)}${status === 'connected' ? '' : `(${status}${lease === null ? ', no lease' : ''})`}`,
    )
    return `  ${name} ${clock.state} ${link.mood}${isEnding ? ' ending' : ''}: ${shown.join(' ')}`
  })
  return [`${(world.time.now / 1000).toFixed(3)} s: ${what}`, ...processes].join('\n')
}
