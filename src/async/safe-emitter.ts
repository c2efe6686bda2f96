import { EventEmitter } from 'eventemitter3'

/** A listener of an event that carries `Arguments`. It may be asynchronous: what it rejects with is handled like what it throws. */
export type Listener<Arguments extends [payload: object]> = (...payload: Arguments) => void | Promise<void>

/** Maps events to labelled tuples of one object. */
type EventMap<Events> = { [Name in keyof Events]: [payload: object] }

/**
 * An emitter whose listeners cannot break the one who emits: what a listener throws, or rejects with, goes to `onFailure`, and the
 * other listeners are called all the same.
 */
export class SafeEmitter<Events extends EventMap<Events>> {
  readonly #emitter: EventEmitter = new EventEmitter()
  /** The guarded form of each listener, per event, so that `off` finds what `on` added. */
  #guards: { [Name in keyof Events]?: WeakMap<Listener<Events[Name]>, (...payload: Events[Name]) => void> } = {}
  readonly #onFailure: (event: keyof Events & string, error: unknown, payload: Events[keyof Events][0]) => void

  constructor(onFailure: (event: keyof Events & string, error: unknown, payload: Events[keyof Events][0]) => void) {
    this.#onFailure = onFailure
  }

  /** Adds a listener. */
  on<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): void {
    this.#emitter.on(event, this.#guard(event, listener))
  }

  /** Adds a listener for the next time only. */
  once<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): void {
    this.#emitter.once(event, this.#guard(event, listener))
  }

  /** Removes a listener. */
  off<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): void {
    this.#emitter.off(event, this.#guard(event, listener))
  }

  /** Calls the listeners of an event; false when there are none. */
  emit<Name extends keyof Events & string>(event: Name, ...payload: Events[Name]): boolean {
    return this.#emitter.emit(event, ...payload)
  }

  /** Removes every listener. */
  clear(): void {
    this.#emitter.removeAllListeners()
    this.#guards = {}
  }

  #guard<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): (...payload: Events[Name]) => void {
    const guards = (this.#guards[event] ??= new WeakMap<Listener<Events[Name]>, (...payload: Events[Name]) => void>())
    const known = guards.get(listener)
    if (known !== undefined) return known
    const guarded = (...payload: Events[Name]): void =>
      callGuarded(
        () => listener(...payload),
        (error) => this.#onFailure(event, error, payload[0]),
      )
    guards.set(listener, guarded)
    return guarded
  }
}

/** Calls a function of the application. What it throws, or rejects with, goes to `onFailure` and nowhere else. */
export function callGuarded(call: () => unknown, onFailure: (cause: unknown) => void): void {
  try {
    const outcome = call()
    if (isThenable(outcome)) outcome.then(undefined, onFailure)
  } catch (cause) {
    onFailure(cause)
  }
}

/** Whether it is a promise, of whatever library. */
export function isThenable<Result>(value: Result | PromiseLike<Result>): value is PromiseLike<Result> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
