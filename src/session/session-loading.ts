import type { SessionError } from '../errors.js'
import { eventOf, type LoadOutcome } from './load-outcome.js'
import type { SessionAnnouncements } from './session-context.js'
import type { SessionReport } from './session-report.js'
import type { SessionEvent } from './session-state.js'
import type { SessionStorage } from './session-storage.js'
import type { StartRequest } from './start-decision.js'

/** What loading a session works with. */
export interface SessionLoadingOptions {
  readonly storage: SessionStorage
  readonly report: SessionReport
  readonly announce: SessionAnnouncements
  readonly inBackground: (work: () => Promise<void>) => void
  readonly send: (event: SessionEvent) => void
  /** Told when what is stored says that the session is not to run. */
  readonly onRest: () => void
}

/** Loads one session, tells what came of it, and keeps what it is to be dialled with. */
export class SessionLoading {
  readonly #options: SessionLoadingOptions
  /** Stands for the load under way; a load that does not find itself here has been overtaken. */
  #current: object | null = null
  #ready: Extract<LoadOutcome, { kind: 'ready' }> | null = null
  #startError: SessionError | null = null

  constructor(options: SessionLoadingOptions) {
    this.#options = options
  }

  /** What the session is to be dialled with. */
  get ready(): Extract<LoadOutcome, { kind: 'ready' }> | null {
    return this.#ready
  }

  /** Why the last start came to nothing, when that was a failure and no decision. */
  get startError(): SessionError | null {
    return this.#startError
  }

  /** Forgets why the last start came to nothing: there is another one. */
  forgetError(): void {
    this.#startError = null
  }

  /** Forgets what was loaded: it has served its turn. */
  forgetReady(): void {
    this.#ready = null
  }

  /** Begins to load. That is part of what is pending: what ends the session afterwards finds nothing of it still writing. */
  begin(request: () => StartRequest, isTakeover: boolean): void {
    const { storage, inBackground, send } = this.#options
    const load = {}
    this.#current = load
    inBackground(async () => {
      if (this.#current !== load) return
      const outcome = await storage.load(request, isTakeover)
      if (this.#current !== load) return
      this.#note(outcome)
      send(eventOf(outcome))
    })
  }

  /** A load under way counts no more. */
  callOff(): void {
    this.#current = null
  }

  #note(outcome: LoadOutcome): void {
    const { storage, report, announce } = this.#options
    this.#ready = outcome.kind === 'ready' ? outcome : null
    if (outcome.kind === 'owned-elsewhere') return
    this.#startError = outcome.kind === 'ready' ? null : outcome.error
    if (outcome.kind === 'failed') return announce.error(outcome.error)
    const stored = outcome.kind === 'ready' ? outcome.loaded.stored : outcome.stored
    if (stored.kind === 'missing') announce.error(stored.error)
    // Whose credentials are missing is still that phone, until a person links another one.
    if (stored.kind === 'missing' && outcome.kind === 'rest') return
    if (outcome.kind === 'rest') this.#options.onRest()
    if (!('lifecycle' in stored)) return
    storage.memory.adopt(stored.lifecycle)
    report.notePhoneNumber(stored.kind === 'readable' && stored.creds.kind === 'paired' ? stored.creds.phoneNumber : undefined)
  }
}
