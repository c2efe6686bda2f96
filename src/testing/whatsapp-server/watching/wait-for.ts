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
    await this.#wait('log', `the condition ${holds.toString().slice(0, 120)}`, timeoutMs, () => (holds() ? { value: undefined } : null))
  }

  /** The first value that is not `null`, looked for again and again. */
  async value<Value>(find: () => Promise<Value | null>, timeoutMs: number, what: string): Promise<Value> {
    for (const end = Date.now() + timeoutMs; ;) {
      const value = await find()
      if (value !== null) return value
      if (Date.now() >= end) throw new Error(`Timed out after ${timeoutMs} ms waiting for ${what}.`)
      await this.#pause(what)
    }
  }

  /** Rejects everybody who waits. */
  close(): void {
    for (const abandon of this.#abandon) abandon()
  }

  async #pause(what: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(timer)
        this.#abandon.delete(abandon)
        end()
      }
      const abandon = (): void => settle(() => reject(closedWhile(what)))
      const timer = setTimeout(() => settle(resolve), LOOK_EVERY_MS)
      this.#abandon.add(abandon)
    })
  }

  async #wait<Name extends keyof WhatsAppServerEvents, Value>(
    name: Name,
    what: string,
    timeoutMs: number,
    check: (event: WhatsAppServerEvents[Name][0]) => { value: Value } | null,
  ): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(timer)
        this.#events.off(name, listener)
        this.#abandon.delete(abandon)
        end()
      }
      const listener = (event: WhatsAppServerEvents[Name][0]): void => {
        const found = check(event)
        if (found !== null) settle(() => resolve(found.value))
      }
      const abandon = (): void => settle(() => reject(closedWhile(what)))
      const timer = setTimeout(() => settle(() => reject(new Error(`Timed out after ${timeoutMs} ms waiting for ${what}.`))), timeoutMs)
      this.#abandon.add(abandon)
      this.#events.on(name, listener)
    })
  }
}

function closedWhile(what: string): Error {
  return new Error(`The server closed while waiting for ${what}.`)
}
