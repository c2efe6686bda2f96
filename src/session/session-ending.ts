import type { WASocket } from '@whiskeysockets/baileys'
import { boundedBy } from '../async/deadline.js'
import type { WorkQueue } from '../async/order-of-work.js'
import type { Watchers } from '../async/watchers.js'
import { isSessionError, SessionError } from '../errors.js'
import { asStoreError } from '../store/store-failure.js'
import type { StoredOrMissing } from './missing-credentials.js'
import { INITIAL_STATE, restingState } from './session-machine.js'
import { notPaired, ownedElsewhere } from './session-refusals.js'
import type { IdleState, SessionEvent, SessionState } from './session-state.js'
import type { SessionStorage } from './session-storage.js'
import { decideStart, type StartRequest } from './start-decision.js'

/** How a logout is to be done. */
export interface LogoutWishes {
  readonly timeoutMs: number
  readonly requireUnlink: boolean
}

/** What ending a session works with. */
export interface SessionEndingOptions {
  readonly sessionId: string
  readonly storage: SessionStorage
  readonly pending: WorkQueue
  readonly watchers: Watchers
  /** Aborts when the manager is closed. */
  readonly closing: AbortSignal
  readonly state: () => SessionState
  readonly openSocket: () => WASocket | undefined
  readonly send: (event: SessionEvent) => void
  /** Starts it for a person who waits. Throws `MANAGER_CLOSED`. */
  readonly start: (request: StartRequest) => void
  /** Told when all that is stored was deleted: nothing else may be left of it either. */
  readonly onDeleted: () => void
  /** Told when the session was ended: what was looked up before may be wrong. */
  readonly onEnded: () => void
}

/** Ends one session here: for good by `stop`, `logout` and `delete`, or for another process that takes it over. */
export class SessionEnding {
  readonly #options: SessionEndingOptions
  #underWay = 0
  #unlinking = 0
  #deletions = 0
  /** Whether all was written, and the lease is back, of the hand-over under way; `false` when there is none. */
  #handBack: Promise<boolean> = Promise.resolve(false)

  constructor(options: SessionEndingOptions) {
    this.#options = options
  }

  /** Whether it is being stopped, logged out or deleted; until that is over, what is stored may tell something else. */
  get isUnderWay(): boolean {
    return this.#underWay > 0
  }

  /** Whether a logout is under way: the server's answer to it looks like a logout at the phone. */
  get isUnlinking(): boolean {
    return this.#unlinking > 0
  }

  /** Whether it is being deleted. */
  get isDeleting(): boolean {
    return this.#deletions > 0
  }

  /** Closes the socket, keeps the credentials, and remembers that the session is not wanted. */
  async stop(): Promise<void> {
    const { sessionId, storage, closing, send } = this.#options
    const end = restingState('disconnected', 'stopped')
    if (await this.#isUnknown()) {
      this.#options.onEnded()
      return
    }
    try {
      await this.#end(end, async () => this.#showWhatStays(end, await storage.rememberStopped()))
    } catch (cause) {
      const error = asStoreError(sessionId, cause)
      // What cannot be remembered holds in this process all the same.
      if (error.code !== 'OWNED_ELSEWHERE' && error.code !== 'WRONG_KEY' && !closing.aborted) send({ type: 'halt', to: end })
      throw error
    }
  }

  /** Deletes all that is stored, in any state, then does what else has to be gone before the session may begin anew. */
  async delete(alsoDelete: () => Promise<void>): Promise<void> {
    const { storage, watchers, onDeleted } = this.#options
    this.#deletions += 1
    try {
      await this.#end(restingState('disconnected', 'never_paired'), async () => {
        await storage.delete(alsoDelete)
        onDeleted()
      })
    } finally {
      this.#deletions -= 1
      watchers.notify()
    }
  }

  /** Resolves once nothing is being deleted: what begins before that would be deleted, too, and what ends before that would miss what begins then. */
  async afterDelete(signal?: AbortSignal): Promise<void> {
    await this.#options.watchers.watch(() => (this.isDeleting ? undefined : true), signal)
  }

  /** Unlinks the device at WhatsApp, dialling once when there is no connection, then deletes what is stored. */
  async logout({ timeoutMs, requireUnlink }: LogoutWishes): Promise<{ unlinked: boolean }> {
    if (this.isDeleting) await this.afterDelete()
    if (!requireUnlink && (await this.#isUnknown())) {
      await this.#options.storage.deleteLeftovers()
      this.#options.onEnded()
      return { unlinked: false }
    }
    this.#unlinking += 1
    try {
      const failure = await this.#unlinkFromRest(timeoutMs)
      if (failure !== null && (requireUnlink || mustNotDelete(failure))) throw failure
      await this.#end(restingState('logged_out', 'logged_out'), () => this.#options.storage.delete(() => Promise.resolve()))
      return { unlinked: failure === null }
    } finally {
      this.#unlinking -= 1
    }
  }

  /**
   * Closes the socket and gives the lease back, so that another process can take the session over. Resolves with whether everything was
   * written and the lease is back; `false` also when it goes on running, because it is not paired or is being unlinked. Never rejects.
   */
  async handOver(): Promise<boolean> {
    // Whoever is told of a step may ask for this in the middle of it.
    await Promise.resolve()
    if (this.isUnlinking) return false
    this.#handBack = Promise.resolve(false)
    this.#options.send({ type: 'hand-over' })
    return this.#handBack
  }

  /** Writes what is left, once the socket is closed, and gives the lease back. */
  handBack(): void {
    const { pending, storage } = this.#options
    this.#handBack = pending.add(() => storage.finish())
  }

  async #end(end: IdleState, work: () => Promise<void>): Promise<void> {
    this.#underWay += 1
    try {
      await this.#endNow(end, work)
    } finally {
      this.#underWay -= 1
      this.#options.onEnded()
    }
  }

  async #endNow(end: IdleState, work: () => Promise<void>): Promise<void> {
    const { sessionId, storage, pending, closing, send } = this.#options
    closing.throwIfAborted()
    // One that runs elsewhere must not even look stopped here; one that runs here holds the lease already.
    if (!this.#isRunning && (await pending.add(() => storage.lease.hold())) === null) throw ownedElsewhere(sessionId)
    closing.throwIfAborted()
    send({ type: 'halt', to: end })
    await pending.add(async () => {
      try {
        closing.throwIfAborted()
        await work()
      } finally {
        await storage.lease.release()
      }
    })
  }

  /** Whether there is nothing to end, once nothing is being deleted, so that nothing is recorded. Rejects when another process links it. */
  async #isUnknown(): Promise<boolean> {
    for (;;) {
      if (this.isDeleting) await this.afterDelete()
      const isUnknown = await this.#isUnknownNow()
      if (!this.isDeleting) return isUnknown
    }
  }

  /** No run here, no record in the store, and nobody knows that it was paired. */
  async #isUnknownNow(): Promise<boolean> {
    const { sessionId, storage, state } = this.#options
    const isUntouched = (): boolean => {
      const current = state()
      return current === INITIAL_STATE || (current.phase === 'idle' && current.reason === 'never_paired')
    }
    if (!isUntouched() || !(await storage.isUnknown())) return false
    const isFree = await storage.lease.isFree()
    if (!isUntouched()) return false
    if (!isFree) throw ownedElsewhere(sessionId)
    return true
  }

  get #isRunning(): boolean {
    const { phase } = this.#options.state()
    return phase !== 'idle' && phase !== 'standby'
  }

  /** Stopping mends nothing: what needs a person goes on saying so, or whoever looks at the store would be told something else. */
  #showWhatStays(end: IdleState, stored: StoredOrMissing): void {
    const { send, state } = this.#options
    const decision = decideStart(stored, { purpose: 'restore', force: false }, new Date())
    // Whoever has started or deleted it since decides what is shown.
    if (state() === end && decision.action === 'rest' && decision.status !== 'disconnected') {
      const { status, reason, until } = decision
      // It is no news, so nothing is announced but the status.
      send({ type: 'halt', to: { phase: 'idle', status, reason, until, tried: false } })
    }
    // What is there with another key cannot be remembered for it.
    if (stored.kind === 'wrong-key') throw stored.error
  }

  /** Resolves with `null` once the device is unlinked, or with why it is not. Nothing of the attempt goes on afterwards. */
  async #unlinkFromRest(timeoutMs: number): Promise<SessionError | null> {
    const { storage, pending, closing, state, send } = this.#options
    const before = state()
    const failure = await this.#unlink(timeoutMs)
    if (failure === null || before.phase !== 'idle' || closing.aborted) return failure
    const after = state()
    // A session that rested before the attempt goes back to rest, unless somebody else has ended or started it meanwhile.
    if ('run' in after && after.run.request.purpose === 'unlink') {
      send({ type: 'halt', to: before })
      await pending.add(() => storage.lease.release())
    }
    return failure
  }

  async #unlink(timeoutMs: number): Promise<SessionError | null> {
    const { sessionId, closing, watchers } = this.#options
    const late = (): SessionError => unlinkFailed(sessionId, timeoutMs)
    try {
      const isUnlinked = await boundedBy({ signal: closing, timeoutMs, onTimeout: late }, async (signal) => {
        await this.#ensureDialled(signal)
        const turn = await watchers.watch(() => this.#readTurn(), signal)
        return typeof turn === 'boolean' ? turn : this.#sendRemoval(turn, signal)
      })
      return isUnlinked ? null : late()
    } catch (cause) {
      return isSessionError(cause) ? cause : late()
    }
  }

  /** Makes sure that a dial is under way. Rejects when there is nothing to unlink, or nobody can tell. */
  async #ensureDialled(signal: AbortSignal): Promise<void> {
    const { sessionId, storage, state, send, start } = this.#options
    if (state().phase === 'waiting') send({ type: 'retry-now', isForced: true, lostAt: null })
    if (this.#isRunning) return
    const stored = await storage.read()
    if ('error' in stored) throw stored.error
    if (stored.kind !== 'readable' || stored.creds.kind !== 'paired') throw notPaired(sessionId)
    signal.throwIfAborted()
    start({ purpose: 'unlink', force: true })
  }

  /** The open socket; or whether the device is unlinked, where that is known without one. */
  #readTurn(): WASocket | boolean | undefined {
    const { sessionId, state, openSocket } = this.#options
    const current = state()
    switch (current.phase) {
      case 'connected':
        return openSocket()
      // The login was answered with 401: the device is unlinked already.
      case 'idle':
        return current.status === 'logged_out'
      case 'standby':
        throw ownedElsewhere(sessionId)
      case 'waiting':
      case 'pairing':
        return false
      case 'loading':
      case 'dialing':
      case 'settling':
        return undefined
    }
  }

  /** Asks WhatsApp to remove this device, and waits for the answer: Baileys' own `logout` does not (7.0.0-rc14). */
  async #sendRemoval(socket: WASocket, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted()
    const jid = socket.authState.creds.me?.id
    if (jid === undefined) return false
    const acknowledged = socket
      .query({
        tag: 'iq',
        attrs: { to: 's.whatsapp.net', type: 'set', xmlns: 'md' },
        content: [{ tag: 'remove-companion-device', attrs: { jid, reason: 'user_initiated' } }],
      })
      .then((answer: unknown) => answer !== undefined)
    const { state, watchers } = this.#options
    // WhatsApp may end the connection with 401 instead of an answer. Whoever waits for one hears of the end before the session does.
    const closed = watchers.watch(() => {
      const current = state()
      return current.phase === 'connected' ? undefined : current.phase === 'idle' && current.status === 'logged_out'
    }, signal)
    return Promise.race([
      acknowledged.catch((cause: unknown) => {
        if (socket.ws.isOpen) throw cause
        return closed
      }),
      closed,
    ])
  }
}

function mustNotDelete(failure: SessionError): boolean {
  // With the right key the device can still be unlinked.
  return failure.code === 'WRONG_KEY' || failure.code === 'OWNED_ELSEWHERE' || failure.code === 'MANAGER_CLOSED'
}

function unlinkFailed(sessionId: string, timeoutMs: number): SessionError {
  return new SessionError(
    'UNLINK_FAILED',
    `WhatsApp did not confirm within ${timeoutMs} ms that session "${sessionId}" was unlinked. Nothing was deleted. Try again, or unlink the device on the phone.`,
    { sessionId },
  )
}
