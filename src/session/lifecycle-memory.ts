import { freshLifecycle, type Lifecycle } from '../auth/lifecycle-record.js'
import { asStoreError } from '../store/store-failure.js'
import type { SessionError } from '../errors.js'
import type { SessionLease } from '../lease/session-lock.js'
import type { LeaseHolder } from './lease-holder.js'
import { PhaseTimer } from './phase-timer.js'
import type { Remembered } from './session-state.js'

/** How long to wait before what could not be remembered is written again. */
const RETRY_MS = 5000

/** What a lifecycle memory works with. */
export interface LifecycleMemoryOptions {
  sessionId: string
  holder: LeaseHolder
  write: (lease: SessionLease, lifecycle: Lifecycle) => Promise<void>
  onError: (error: SessionError) => void
  /** Called when it is time to call {@link LifecycleMemory.retry}. */
  onRetryDue: () => void
}

/** What is remembered of one session across restarts. What cannot be written now is written later, in the background. */
export class LifecycleMemory {
  readonly #options: LifecycleMemoryOptions
  readonly #timer = new PhaseTimer()
  #current: Lifecycle = freshLifecycle(null)
  #unwritten = false

  constructor(options: LifecycleMemoryOptions) {
    this.#options = options
  }

  /** What is remembered now. */
  get current(): Lifecycle {
    return this.#current
  }

  /** Whether there is something that could not be written yet. */
  get isUnwritten(): boolean {
    return this.#unwritten
  }

  /** Takes over what was read from, or just written to, the store. */
  adopt(lifecycle: Lifecycle): void {
    this.#current = lifecycle
    this.forget()
  }

  /** Remembers a verdict of WhatsApp; {@link LifecycleMemory.retry} writes it. */
  note(what: Remembered): void {
    this.#current = what.kind === 'logged_out'
      ? { ...this.#current, loggedOutAt: new Date() }
      : { ...this.#current, verdict: { kind: what.kind, until: what.until } }
    this.#unwritten = true
  }

  /** Forgets the verdicts: the session is connected. Never rejects. */
  async clear(): Promise<void> {
    if (this.#current.loggedOutAt === null && this.#current.verdict === null) return
    this.#current = freshLifecycle(this.#current.identity)
    this.#unwritten = true
    await this.retry()
  }

  /** Writes what is not written yet. Never rejects. */
  async retry(): Promise<void> {
    if (!this.#unwritten) return
    const { holder, sessionId, write, onError } = this.#options
    try {
      const lease = await holder.hold()
      // Somebody else runs the session by now, and knows better.
      if (lease !== null) await write(lease, this.#current)
      this.forget()
    } catch (cause) {
      onError(asStoreError(sessionId, cause))
      this.#timer.after(RETRY_MS, () => { this.#options.onRetryDue() })
    }
  }

  /** Gives up what is not written yet. */
  forget(): void {
    this.#unwritten = false
    this.#timer.clear()
  }
}
