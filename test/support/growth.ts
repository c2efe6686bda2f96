import { readdirSync } from 'node:fs'
import { collectGarbage } from './garbage.js'
import { storagesOnAPromise } from './promise-cost.js'

/** Something that must stay flat. */
export interface Measure {
  /** How much there is now. */
  read(): number | Promise<number>
  /** By how much the middle of the last samples may lie above the middle of the first ones. */
  slack: number
}

/** Samples of what a process uses, taken over time. */
export class Growth {
  readonly #measures: Readonly<Record<string, Measure>>
  readonly #samples: Record<string, number>[] = []

  constructor(measures: Readonly<Record<string, Measure>>) {
    this.#measures = measures
  }

  /** Takes a sample of everything, after the garbage was collected. */
  async sample(): Promise<void> {
    await collectGarbage()
    const sample: Record<string, number> = {}
    for (const [name, { read }] of Object.entries(this.#measures)) sample[name] = await read()
    this.#samples.push(sample)
  }

  /** What grew from the first third of the samples to the last, in numbers. The very first sample is not counted: what is made once is no growth. */
  grown(): string[] {
    const counted = this.#samples.slice(1)
    const third = Math.floor(counted.length / 3)
    if (third < 2) throw new Error('That takes seven samples at least.')
    return Object.entries(this.#measures).flatMap(([name, { slack }]) => {
      const values = counted.map((sample) => sample[name] ?? 0)
      const [early, late] = [median(values.slice(0, third)), median(values.slice(-third))]
      return late - early > slack ? [`${name}: ${early} → ${late}`] : []
    })
  }
}

/** Counts the objects that are still there. */
export class Living {
  #objects: WeakRef<object>[] = []

  /** Counts this one, too, for as long as something else keeps it. */
  watch(object: object): void {
    this.#objects.push(new WeakRef(object))
  }

  /** How many there are. */
  get count(): number {
    this.#objects = this.#objects.filter((object) => object.deref() !== undefined)
    return this.#objects.length
  }
}

/** The listeners on this process. */
export const processListeners: Measure = { slack: 0, read: () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0) }

/** The open descriptors of this process; a socket that is just closing may still have one. */
export const descriptors: Measure = { slack: 2, read: () => readdirSync('/proc/self/fd').length }

/** The timers that keep this process alive. */
export const timers: Measure = { slack: 2, read: () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name === 'Immediate').length }

/** What every promise pays for. */
export const storages: Measure = { slack: 0, read: storagesOnAPromise }

/** The bytes on the heap. */
export const heap = (slack: number): Measure => ({ slack, read: () => process.memoryUsage().heapUsed })

/** Sockets that nobody needs any more. */
export const livingObjects = (living: Living): Measure => ({ slack: 1, read: () => living.count })

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0
}
