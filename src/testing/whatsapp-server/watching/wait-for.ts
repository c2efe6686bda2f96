import type { EventEmitter } from 'eventemitter3'
import type { WhatsAppServerEvents } from '../server-events.js'

const LOOK_EVERY_MS = 10

/** Waits that end with an event, a condition, their deadline, or the server. */
export class Waits {
  readonly #events: EventEmitter<WhatsAppServerEvents>
  readonly #abandon = new Set<() => void>()

  constructor(events: EventEmitter<WhatsAppServerEvents>) {
    this.#events = events
  }

  /** The next event of this name. */
  async event<Name extends keyof WhatsAppServerEvents>(name: Name, timeoutMs: number): Promise<WhatsAppServerEvents[Name][0]> {
    return this.#wait(name, `the event '${name}'`, timeoutMs, (event: WhatsAppServerEvents[Name][0]) => ({ value: event }))
  }

  /** The condition, which is looked at now and after every line of the log. */
  async condition(holds: () => boolean, timeoutMs: number): Promise<void> {
    if (holds()) return
    await this.#wait('log', `the condition ${holds.toString().slice(0, 120)}`, timeoutMs, () => holds() ? { value: undefined } : null)
  }

  /** The first value that is not `null`; it is looked for now, after every line of the log, and again and again. */
  async value<Value>(find: () => Value | null, timeoutMs: number, what: string): Promise<Value> {
    const first = find()
    if (first !== null) return first
    const look = (): { value: Value } | null => {
      const value = find()
      return value === null ? null : { value }
    }
    return this.#wait('log', what, timeoutMs, look, look)
  }

  /** Rejects everybody who waits. */
  close(): void {
    for (const abandon of this.#abandon) abandon()
  }

  async #wait<Name extends keyof WhatsAppServerEvents, Value>(
    name: Name, what: string, timeoutMs: number, check: (event: WhatsAppServerEvents[Name][0]) => { value: Value } | null,
    lookAgain: (() => { value: Value } | null) | null = null,
  ): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(timer)
        clearInterval(looking)
        this.#events.off(name, listener)
        this.#abandon.delete(abandon)
        end()
      }
      const take = (look: () => { value: Value } | null): void => {
        try {
          const found = look()
          if (found !== null) settle(() => { resolve(found.value) })
        } catch (error) {
          settle(() => { reject(error instanceof Error ? error : new Error(String(error))) })
        }
      }
      const listener = (event: WhatsAppServerEvents[Name][0]): void => { take(() => check(event)) }
      const abandon = (): void => { settle(() => { reject(new Error(`The server was closed while waiting for ${what}.`)) }) }
      const timer = setTimeout(() => { settle(() => { reject(new Error(`Waited ${timeoutMs} ms in vain for ${what}.`)) }) }, timeoutMs)
      const looking = lookAgain === null ? undefined : setInterval(() => { take(lookAgain) }, LOOK_EVERY_MS)
      this.#abandon.add(abandon)
      this.#events.on(name, listener)
    })
  }
}
