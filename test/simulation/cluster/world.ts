import { Dice } from '../world/dice.js'
import { SimulatedEngine } from './engine.js'
import type { ClusterPlan, LinkMood, ProcessPlan } from './history.js'
import { SimulatedProcess } from './process.js'
import { ProcessClock, SimulatedTime } from './time.js'
import { ClusterWatch } from './watch.js'

/** How many processes there are at most. */
const MOST = 6

/** Processes, the engine that they share, and time. */
export class ClusterWorld {
  readonly plan: ClusterPlan
  readonly time: SimulatedTime = new SimulatedTime()
  readonly dice: Dice
  readonly engine: SimulatedEngine
  readonly watch: ClusterWatch
  readonly #processes: SimulatedProcess[] = []

  constructor(plan: ClusterPlan) {
    this.plan = plan
    this.dice = new Dice(plan.luck)
    this.engine = new SimulatedEngine(plan.sessions, plan.engineRate, () => this.time.now)
    this.watch = new ClusterWatch(this.time, this.engine)
    this.time.onThrow = (error) => this.watch.violate(2, `a timer threw ${String(error)}`)
  }

  /** Those that are there, also when they are paused. */
  get living(): SimulatedProcess[] {
    return this.#processes.filter(({ clock }) => clock.state !== 'gone')
  }

  /** Those that take sessions. */
  get open(): SimulatedProcess[] {
    return this.living.filter(({ isEnding, maxSessions }) => !isEnding && maxSessions !== 0)
  }

  /** The process at a place; places wrap around. */
  at(place: number): SimulatedProcess | undefined {
    const { living } = this
    return living[place % Math.max(1, living.length)]
  }

  /** Starts a process, unless there are enough. */
  async start(plan: ProcessPlan): Promise<void> {
    const { time, engine, dice, watch } = this
    if (this.living.length >= MOST) return
    const clock = new ProcessClock(time, plan.rate)
    const name = `P${this.#processes.length}`
    await time.run(clock, () => {
      const process = new SimulatedProcess({ name, plan, perSecond: this.plan.perSecond, time, engine, dice, watch }, clock)
      this.#processes.push(process)
      process.cluster.join().catch(() => undefined)
    })
  }

  /** Stops a process for a while. */
  pause(process: SimulatedProcess, forMs: number): void {
    if (process.clock.state !== 'running') return
    process.clock.state = 'paused'
    this.time.after(forMs, null, () => this.wake(process))
  }

  wake(process: SimulatedProcess): void {
    if (process.clock.state !== 'paused') return
    process.wokeAt = this.time.now
    this.time.wake(process.clock)
  }

  /** Disturbs the way of a process to the engine for a while. */
  cut({ link }: SimulatedProcess, mood: LinkMood, forMs: number): void {
    link.mood = mood
    this.time.after(forMs, null, () => {
      if (link.mood === mood) link.mood = 'healthy'
    })
  }

  /** Ends all disturbances. */
  async heal(): Promise<void> {
    for (const process of this.living) {
      process.link.mood = 'healthy'
      this.wake(process)
    }
    if (this.open.length === 0) {
      const [spare] = this.living
      if (this.living.length >= MOST && spare !== undefined) spare.die()
      await this.start({ maxSessions: null, rate: 1 })
    }
  }
}
