import { PhaseTimer } from '../async/phase-timer.js'
import { freshLifecycle, type Lifecycle } from '../auth/lifecycle-record.js'
import type { SessionError } from '../errors.js'
import type { SessionLease } from '../lease/session-lock.js'
import { asStoreError } from '../store/store-failure.js'
import type { LeaseHolder } from './lease-holder.js'
import type { Remembered, SessionState } from './session-state.js'

/** How long to wait before what could not be remembered is written again. */
const RETRY_MS = 5000

/** What a lifecycle memory works with. */
interface LifecycleMemoryOptions {
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
    this.#current =
      what.kind === 'logged_out' ? { ...this.#current, loggedOutAt: new Date() } : { ...this.#current, verdict: { kind: what.kind, until: what.until } }
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
      this.#timer.after(RETRY_MS, () => this.#options.onRetryDue())
    }
  }

  /** Gives up what is not written yet. */
  forget(): void {
    this.#unwritten = false
    this.#timer.clear()
  }
}

/** What a session came to in this process. */
interface LocalOutcome {
  readonly state: SessionState
  /** What is remembered of it. */
  readonly lifecycle: Lifecycle
  /** Whether what is remembered could not be written yet. */
  readonly isUnwritten: boolean
}

/**
 * Whether the rest a session came to here holds against stored credentials that could be dialled: they failed here, or what was
 * decided here could not be written. For another identity, paired by somebody else since, it does not.
 */
export function knowsBetter({ state, lifecycle, isUnwritten }: LocalOutcome, stored: Lifecycle): boolean {
  if (state.phase !== 'idle') return false
  // One that failed before it could read anything speaks of whatever is stored.
  const isSame = lifecycle.identity === stored.identity || (lifecycle.identity === null && state.status === 'failed')
  if (!isSame) return false
  return state.status === 'failed' || isUnwritten || (state.reason === 'stopped' && lifecycle.desired !== 'stopped')
}
