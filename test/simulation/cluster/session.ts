import { isSessionError, SessionError } from '../../../src/errors.js'
import type { DialLimiter, DialPriority } from '../../../src/disconnect/dial-limiter.js'
import type { SessionLease } from '../../../src/lease/session-lock.js'
import type { SessionStatus } from '../../../src/status/status-reasons.js'
import type { SimulatedLink } from './link.js'

/** How long a session takes from its dial to its connection. */
export const DIAL_MS = 300
/** How long one takes to finish its writes once its socket is closed. */
const CLOSE_MS = 50
const RETRY_MS = 2000

/** What a session works with. */
export interface SimulatedSessionOptions {
  readonly sessionId: string
  readonly link: SimulatedLink
  readonly limiter: DialLimiter
  readonly acquire: () => Promise<SessionLease | null>
  /** Told of its socket, from the dial on. */
  readonly onSocket: (isOpen: boolean) => void
  readonly onStatus: () => void
  /** It runs here no more. */
  readonly onGone: () => void
  /** Somebody else has its lock. */
  readonly onElsewhere: () => void
  /** Told of each write that was answered. */
  readonly onAcknowledged: (count: number) => void
}

/** A session that runs in a process: its lease, its socket, and one write at each connection. */
export class SimulatedSession {
  status: SessionStatus = 'connecting'
  since: Date = new Date()
  lease: SessionLease | null = null
  isClosing = false
  readonly #options: SimulatedSessionOptions
  #isOpen = false
  #isTrying = false

  constructor(options: SimulatedSessionOptions) {
    this.#options = options
  }

  /** Runs under a lease. Resolves when its dial was answered, or came to nothing. */
  async begin(lease: SessionLease, priority: DialPriority): Promise<void> {
    this.lease = lease
    if (lease.lost.aborted) this.#lose(lease)
    else lease.lost.addEventListener('abort', () => this.#lose(lease), { once: true })
    await this.#dial(lease, priority)
  }

  /** Tries to get its lease back, if it has none. */
  async resume(): Promise<void> {
    if (this.lease !== null || this.isClosing || this.#isTrying) return
    this.#isTrying = true
    try {
      const lease = await this.#options.acquire()
      if (lease === null) this.#leave()
      else if (this.#isToClose()) await this.#giveBack(lease)
      else {
        this.#isTrying = false
        await this.begin(lease, 'reconnect')
      }
    } catch {
      this.#later(() => this.resume())
    } finally {
      this.#isTrying = false
    }
  }

  // It may be closed while it waits for its lease.
  #isToClose(): boolean {
    return this.isClosing
  }

  /** Closes its socket and gives its lease back. */
  async close(): Promise<void> {
    this.isClosing = true
    const { lease } = this
    this.lease = null
    this.#setOpen(false)
    await pause(CLOSE_MS)
    if (lease !== null) await this.#giveBack(lease)
    this.#options.onGone()
  }

  #leave(): void {
    this.#end()
    this.#options.onElsewhere()
  }

  async #giveBack(lease: SessionLease): Promise<void> {
    await lease.release().catch(() => this.#later(() => this.#giveBack(lease)))
  }

  async #dial(lease: SessionLease, priority: DialPriority): Promise<void> {
    const { sessionId, link, limiter, onAcknowledged } = this.#options
    const ticket = limiter.request(priority, { sessionId })
    try {
      await ticket.turn
      if (this.lease !== lease) return
      const { count } = await link.read(sessionId)
      if (this.lease !== lease) return
      this.#setOpen(true)
      await pause(DIAL_MS)
      if (this.lease !== lease) return
      await link.write(sessionId, count + 1, lease.fencingToken)
      onAcknowledged(count + 1)
      if (this.lease === lease) this.#show('connected')
    } catch (error) {
      if (this.lease === lease) this.#fail(lease, error)
    } finally {
      ticket.release()
    }
  }

  #fail(lease: SessionLease, error: unknown): void {
    this.#setOpen(false)
    if (isSessionError(error, 'STALE_WRITER')) {
      this.lease = null
      this.#end()
      void this.#giveBack(lease)
      return
    }
    this.#show('reconnecting')
    this.#later(async () => {
      if (this.lease === lease) await this.#dial(lease, 'reconnect')
    })
  }

  #lose(lease: SessionLease): void {
    if (this.lease !== lease) return
    this.lease = null
    this.#setOpen(false)
    const reason: unknown = lease.lost.reason
    if (!(reason instanceof SessionError) || reason.code !== 'LEASE_EXPIRED') {
      this.#end()
      return
    }
    this.#show('reconnecting')
    this.#later(() => this.resume())
  }

  #end(): void {
    this.isClosing = true
    this.#options.onGone()
  }

  #show(status: SessionStatus): void {
    Object.assign(this, { status, since: new Date() })
    this.#options.onStatus()
  }

  #setOpen(isOpen: boolean): void {
    if (this.#isOpen === isOpen) return
    this.#isOpen = isOpen
    this.#options.onSocket(isOpen)
  }

  #later(work: () => Promise<void>): void {
    setTimeout(() => void work(), RETRY_MS)
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
