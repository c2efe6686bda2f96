import { EventEmitter } from 'node:events'
import type { BaileysEventEmitter, BaileysEventMap } from '@whiskeysockets/baileys'

/** What Baileys holds back while it buffers; everything else passes at once. */
const HELD_EVENTS: ReadonlySet<string> = new Set([
  'messaging-history.set',
  'chats.upsert',
  'chats.update',
  'chats.delete',
  'contacts.upsert',
  'contacts.update',
  'messages.upsert',
  'messages.update',
  'messages.delete',
  'messages.reaction',
  'message-receipt.update',
  'groups.update',
])

/** Baileys delivers everything through this one event, in maps; `process` listens to it. */
const DELIVERY = 'event'

/** What {@link FakeSocketEvents.process} delivers: the events of one moment, by name. */
export type FakeEvents = Partial<BaileysEventMap>

/**
 * The `ev` of a {@link FakeSocket}: it buffers, flushes and dies like the one of Baileys. Two simplifications: held
 * events are delivered one by one instead of merged, and no timer ever flushes them.
 */
export class FakeSocketEvents implements BaileysEventEmitter {
  readonly #emitter = new EventEmitter()
  readonly #deliver = (events: FakeEvents): void => {
    for (const [event, data] of Object.entries(events)) this.#emitter.emit(event, data)
  }
  #held: FakeEvents[] = []
  #buffering = false

  /** A living emitter without listeners. */
  constructor() {
    this.#emitter.setMaxListeners(0)
    this.#emitter.on(DELIVERY, this.#deliver)
  }

  /** Listens. Nothing is ever heard after `destroy`. */
  on<T extends keyof BaileysEventMap>(event: T, listener: (data: BaileysEventMap[T]) => void): void {
    this.#emitter.on(event, listener)
  }

  /** Stops listening. */
  off<T extends keyof BaileysEventMap>(event: T, listener: (data: BaileysEventMap[T]) => void): void {
    this.#emitter.off(event, listener)
  }

  /** Stops all listeners of an event, those of the socket itself included. */
  removeAllListeners(event: keyof BaileysEventMap): void {
    this.#emitter.removeAllListeners(event)
  }

  /** Emits, or holds the event back while buffering. */
  emit<T extends keyof BaileysEventMap>(event: T, data: BaileysEventMap[T]): boolean {
    const events: FakeEvents = {}
    events[event] = data
    if (this.#buffering && HELD_EVENTS.has(event)) {
      this.#held.push(events)
      return true
    }
    return this.#emitter.emit(DELIVERY, events)
  }

  /** Listens to everything, in maps. Returns the function that stops it. */
  process(handler: (events: FakeEvents) => void | Promise<void>): () => void {
    const listener = (events: FakeEvents): void => void handler(events)
    this.#emitter.on(DELIVERY, listener)
    return () => void this.#emitter.off(DELIVERY, listener)
  }

  /** Begins to hold events back. */
  buffer(): void {
    this.#buffering = true
  }

  /** Whether events are held back. */
  isBuffering(): boolean {
    return this.#buffering
  }

  /** Delivers what was held back; `false` when it was not buffering. */
  flush(): boolean {
    if (!this.#buffering) return false
    this.#buffering = false
    const held = this.#held
    this.#held = []
    for (const events of held) this.#emitter.emit(DELIVERY, events)
    return true
  }

  /** Drops what is held back and every listener; the emitter stays deaf and mute. */
  destroy(): void {
    this.#held = []
    this.#buffering = false
    this.#emitter.removeAllListeners()
  }

  /** How many listen to one event, or to any (`process` counts then). `except` is not counted. */
  listenerCount(event?: keyof BaileysEventMap, except?: unknown): number {
    const names = event === undefined ? this.#emitter.eventNames() : [event]
    const listeners: unknown[] = names.flatMap((name) => this.#emitter.listeners(name))
    return listeners.filter((listener) => listener !== this.#deliver && listener !== except).length
  }
}
