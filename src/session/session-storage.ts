import { withDeadline } from '../async/deadline.js'
import { encodeLifecycle, freshLifecycle, type Lifecycle } from '../auth/lifecycle-record.js'
import { readStoredSession, type StoredSession } from '../auth/stored-session.js'
import type { SessionError } from '../errors.js'
import type { SessionLease } from '../lease/session-lock.js'
import { requireRecords } from '../store/read-answer.js'
import { CREDS_KEY, LIFECYCLE_KEY, type RecordChange, type SessionStore, type WriteOptions } from '../store/session-store.js'
import { asStoreError, storeTimeout } from '../store/store-failure.js'
import { type LoadOutcome, restAt, restoredFromBackup } from './load-outcome.js'
import { LeaseHolder } from './lease-holder.js'
import { LifecycleMemory } from './lifecycle-memory.js'
import { PairingKnowledge, type StoredOrMissing } from './missing-credentials.js'
import type { SessionContext } from './session-context.js'
import { alreadyPaired, ownedElsewhere } from './session-refusals.js'
import type { Remembered } from './session-state.js'
import { decideStart, type StartRequest } from './start-decision.js'
import { UnsavedPairing } from './unsaved-pairing.js'

/** What the storage of a session works with. */
export interface SessionStorageOptions {
  sessionId: string
  context: SessionContext
  /** Whether the session runs here. */
  isRunning: () => boolean
  /** Whether it has a socket, or is on its way to one. */
  hasSocket: () => boolean
  /** Told when the lease that is held was lost: with `LEASE_EXPIRED` when its time ran out, with `null` when somebody else has it. */
  onLost: (expired: SessionError | null) => void
  /** Told when what could not be written is due: {@link SessionStorage.writePending} tries again. */
  onWriteDue: () => void
}

/**
 * What is stored of one session: the lease that every write needs, and what still has to be written. One piece of work at a time: the
 * session waits for each before it asks for the next.
 */
export class SessionStorage {
  readonly lease: LeaseHolder
  readonly memory: LifecycleMemory
  readonly pairing: PairingKnowledge
  readonly #options: SessionStorageOptions
  readonly #unsaved: UnsavedPairing
  /** Whether the last socket could finish its writes. */
  #isDrained = true

  constructor(options: SessionStorageOptions) {
    this.#options = options
    const {
      sessionId,
      context: {
        store,
        announce,
        settings: { storeTimeoutMs: timeoutMs },
      },
      onLost,
      onWriteDue,
    } = options
    const onError = (error: SessionError): void => announce.error(error)
    this.lease = new LeaseHolder({ sessionId, lock: store.lock, timeoutMs, onLost, onTaken: () => this.pairing.note(null), onError })
    this.pairing = new PairingKnowledge(sessionId, () => options.context.findRecord(sessionId))
    this.#unsaved = new UnsavedPairing({
      sessionId,
      read: () => this.read(),
      write: (lease, records) => this.#write(lease, records, { replaceAll: true }),
      onGivenUp: (error) => {
        this.pairing.note(null)
        onError(error)
      },
    })
    this.memory = new LifecycleMemory({
      sessionId,
      holder: this.lease,
      write: (lease, lifecycle) => this.#writeLifecycle(lease, lifecycle),
      onError,
      onRetryDue: onWriteDue,
    })
  }

  get #access(): { sessionId: string; store: SessionStore; storeTimeoutMs: number } {
    const { sessionId, context } = this.#options
    return { sessionId, store: context.store, storeTimeoutMs: context.settings.storeTimeoutMs }
  }

  /** What is stored. Needs no lease. */
  read(): Promise<StoredSession> {
    const { sessionId, store, storeTimeoutMs } = this.#access
    return readStoredSession(store, sessionId, storeTimeoutMs)
  }

  /** Whether nothing is stored, and nobody knows that a phone was linked; `false` when nobody can tell. Needs no lease. Never rejects. */
  async isUnknown(): Promise<boolean> {
    const { sessionId, store, storeTimeoutMs } = this.#access
    try {
      const records = await withDeadline(store.read(sessionId, [CREDS_KEY, LIFECYCLE_KEY]), storeTimeoutMs, () =>
        storeTimeout(sessionId, 'read', storeTimeoutMs),
      )
      // What may still land has to be fenced off by whoever ends the session.
      return requireRecords(records).length === 0 && !(await this.pairing.isKnown()) && !this.lease.isUncertain
    } catch {
      return false
    }
  }

  /** A session that is linked and stopped must not be started only to say that it is linked. */
  async refuseWhenPaired(): Promise<void> {
    const { sessionId } = this.#options
    const stored = await this.read()
    if (stored.kind !== 'readable' || stored.creds.kind !== 'paired' || stored.lifecycle.loggedOutAt !== null) return
    throw (await this.lease.isFree()) ? alreadyPaired(sessionId) : ownedElsewhere(sessionId)
  }

  /** Takes the lease, reads what is stored, and decides on it. What could not be written before is written first. Never rejects. */
  async load(request: () => StartRequest, isTakeover: boolean): Promise<LoadOutcome> {
    try {
      const rest = isTakeover ? await this.#readRest(request()) : null
      if (rest !== null) return rest
      await this.#savePairing()
      await this.#writeMemory()
      const lease = await this.lease.hold()
      if (lease === null) return { kind: 'owned-elsewhere' }
      await this.#unsaved.write(lease)
      // Asked for at the moment of the decision: a caller may have changed it meanwhile.
      return await this.#decide(lease, await this.#readKnown(), request())
    } catch (cause) {
      return this.#explain(asStoreError(this.#options.sessionId, cause), request())
    }
  }

  /** Remembers a verdict of WhatsApp, known at once: whoever reads the store meanwhile must not take its old answer for the truth. */
  note(what: Remembered): void {
    this.memory.note(what)
    if (what.kind === 'logged_out') this.pairing.note(false)
  }

  /** WhatsApp let the session in: a phone is linked, whatever was remembered of it. Never rejects. */
  noteConnected(): Promise<void> {
    this.pairing.note(true)
    return this.memory.clear()
  }

  /** A phone was linked, to this identity. */
  notePaired(identity: string): void {
    this.memory.adopt(freshLifecycle(identity))
    this.pairing.note(true)
  }

  /** A pairing that could not be stored: it is, as soon as that can be done, and before anything is read. */
  keepPairing(records: readonly RecordChange[]): void {
    this.#unsaved.keep(records)
  }

  /** Another process took over before a pairing could be stored: it must not overwrite what that one has stored since. */
  giveUpPairing(): void {
    this.#unsaved.giveUp()
  }

  /** A socket was closed: what it could not write in time must not land on what the next one reads. */
  noteClosed(isDrained: boolean, freshLease: boolean): void {
    this.#isDrained = isDrained
    if (!isDrained) this.lease.noteUncertain()
    if (freshLease) this.lease.outdate()
  }

  /** Writes what could not be written yet, in a moment without a socket or in one with. Never rejects. */
  async writePending(): Promise<void> {
    const { hasSocket, isRunning } = this.#options
    if (!hasSocket()) {
      // A load tries again, and tells.
      await this.#savePairing().catch(() => undefined)
      this.lease.fenceUncertain()
    }
    await this.memory.retry()
    if (!isRunning()) await this.lease.release()
  }

  /** Remembers, under a lease, that the session is not wanted. Resolves with what is stored of it. */
  async rememberStopped(): Promise<StoredOrMissing> {
    // Stored while the lease of what ran is still held.
    return this.#workUnderLease(
      () => this.#savePairing(),
      async (lease) => {
        await this.#unsaved.write(lease)
        const stored = await this.#readKnown()
        if (stored.kind === 'unavailable') throw stored.error
        // Others may connect it from now on, and log it out.
        if (stored.kind !== 'missing') this.pairing.note(null)
        // Nothing is dialled for what is absent, corrupt or foreign: there is nothing to remember of it.
        if (stored.kind !== 'readable') return stored
        const lifecycle = { ...stored.lifecycle, desired: 'stopped' as const }
        await this.#writeLifecycle(lease, lifecycle)
        this.memory.adopt(lifecycle)
        return { ...stored, lifecycle }
      },
    )
  }

  /** Deletes what may be left where no credentials are: without a lease, since the lock of an id that nobody knows would be a trace of its own. */
  async deleteLeftovers(): Promise<void> {
    const { sessionId, store, storeTimeoutMs } = this.#access
    try {
      const deleting = store.delete(sessionId)
      await withDeadline(deleting, storeTimeoutMs, () => {
        this.lease.awaitLanding(deleting)
        return storeTimeout(sessionId, 'delete', storeTimeoutMs)
      })
    } catch (cause) {
      throw asStoreError(sessionId, cause)
    }
  }

  /** Deletes all that is stored, then does what else has to be gone before the session may begin anew; all of it under a lease. */
  async delete(alsoDelete: () => Promise<void>): Promise<void> {
    const { sessionId, store, storeTimeoutMs } = this.#access
    await this.#workUnderLease(
      () => Promise.resolve(),
      async ({ fencingToken }) => {
        await withDeadline(store.delete(sessionId, { fencingToken }), storeTimeoutMs, () => {
          this.lease.noteUncertain()
          return storeTimeout(sessionId, 'delete', storeTimeoutMs)
        })
        // A pairing that waits to be stored must not come back.
        this.#unsaved.forget()
        this.memory.adopt(freshLifecycle(null))
        this.pairing.note(false)
        await alsoDelete()
      },
    )
  }

  /** Writes what is left to write, and gives the lease back. Resolves with whether all of it was done. Never rejects. */
  async finish(): Promise<boolean> {
    const isPairingSaved = await this.#finishPairing()
    await this.#writeMemory()
    this.memory.forget()
    await this.lease.release()
    if (this.lease.owner !== null) await this.lease.release()
    return isPairingSaved && this.lease.isDone && this.#isDrained
  }

  async #workUnderLease<Result>(before: () => Promise<void>, work: (lease: SessionLease) => Promise<Result>): Promise<Result> {
    const { sessionId } = this.#options
    try {
      await before()
      this.lease.fenceUncertain()
      const lease = await this.lease.hold()
      if (lease === null) throw ownedElsewhere(sessionId)
      const result = await work(lease)
      this.memory.forget()
      return result
    } catch (cause) {
      throw asStoreError(sessionId, cause)
    }
  }

  /** The phone has the device linked already: credentials that could not be stored get one more chance. */
  async #finishPairing(): Promise<boolean> {
    if (!this.#unsaved.exists()) return true
    const { sessionId, context } = this.#options
    try {
      await this.#savePairing()
      this.lease.fenceUncertain()
      const lease = await this.lease.hold()
      if (lease !== null) await this.#unsaved.write(lease)
      else if (this.#unsaved.exists()) throw ownedElsewhere(sessionId)
      return true
    } catch (cause) {
      context.announce.error(asStoreError(sessionId, cause))
      return false
    }
  }

  async #writeMemory(): Promise<void> {
    this.lease.fenceUncertain()
    await this.memory.retry()
    this.lease.fenceUncertain()
  }

  /** What rests needs no lease, not even for a moment: in that moment a person's `connect` elsewhere would be refused. */
  async #readRest(request: StartRequest): Promise<LoadOutcome | null> {
    if (this.#unsaved.exists() || this.memory.isUnwritten) return null
    const stored = await this.#readKnown()
    const decision = decideStart(stored, request, new Date())
    return decision.action === 'rest' ? restAt(stored, decision) : null
  }

  async #readKnown(): Promise<StoredOrMissing> {
    return this.pairing.judge(await this.read())
  }

  async #decide(lease: SessionLease, stored: StoredOrMissing, request: StartRequest): Promise<LoadOutcome> {
    const { sessionId, context } = this.#options
    const decision = decideStart(stored, request, new Date(), context.settings.rateLimitCoolDownMs)
    if (decision.action === 'probe') throw 'error' in stored ? stored.error : new Error('The store did not answer.')
    if (decision.action === 'rest') return restAt(stored, decision)
    // Also before a cool-down: whoever connects a session that was stopped wants it after a restart, too.
    const wanted = request.purpose === 'connect' ? await this.#rememberWanted(lease, stored) : stored
    if (decision.action === 'cool-down') return { kind: 'rest', decision, stored: await this.#rememberEnd(lease, wanted, decision.until), error: null }
    if (stored.kind === 'readable' && stored.isBackup) context.announce.credsRestored(sessionId, restoredFromBackup(sessionId))
    return { kind: 'ready', decision, loaded: { lease, stored: wanted, baileys: await context.loadBaileys() } }
  }

  /** Remembers that the session is wanted. Before a pairing this also shows that the store can be written, before any QR code. */
  async #rememberWanted(lease: SessionLease, stored: StoredOrMissing): Promise<StoredOrMissing> {
    if (!('lifecycle' in stored)) return stored
    const pairs = stored.kind !== 'readable' || stored.creds.kind !== 'paired' || stored.lifecycle.loggedOutAt !== null
    if (!pairs && stored.lifecycle.desired === 'running') return stored
    const lifecycle: Lifecycle = { ...stored.lifecycle, desired: 'running' }
    await this.#writeLifecycle(lease, lifecycle)
    return { ...stored, lifecycle }
  }

  /** A cool-down that was cut short is over at its new end, and does not begin anew then. */
  async #rememberEnd(lease: SessionLease, stored: StoredOrMissing, until: Date): Promise<StoredOrMissing> {
    if (stored.kind !== 'readable' || stored.lifecycle.verdict?.until?.getTime() === until.getTime()) return stored
    const lifecycle: Lifecycle = { ...stored.lifecycle, verdict: { kind: 'rate_limited', until } }
    await this.#writeLifecycle(lease, lifecycle)
    return { ...stored, lifecycle }
  }

  /** A store that cannot be used holds up a paired session, and ends a pairing before it has begun. */
  async #explain(error: SessionError, request: StartRequest): Promise<LoadOutcome> {
    if (request.purpose !== 'connect' || error.code === 'STORE_TIMEOUT') return { kind: 'failed', error, knownUnpaired: false }
    const isKnownUnpaired = async (): Promise<boolean> => decideStart(await this.read(), request, new Date()).action === 'pair'
    return { kind: 'failed', error, knownUnpaired: await isKnownUnpaired().catch(() => false) }
  }

  /**
   * Stores what a pairing could not, while there is still a lease. To be called before one is given back, be it only to take a
   * new one: in that moment another process may log the session out, and what was stored afterwards would undo it.
   */
  async #savePairing(): Promise<void> {
    const { lease } = this.lease
    if (lease?.lost.aborted === false) await this.#unsaved.write(lease)
  }

  async #writeLifecycle(lease: SessionLease, lifecycle: Lifecycle): Promise<void> {
    await this.#write(lease, [{ ...LIFECYCLE_KEY, value: encodeLifecycle(lifecycle) }], {})
  }

  async #write({ fencingToken }: SessionLease, changes: readonly RecordChange[], options: Pick<WriteOptions, 'replaceAll'>): Promise<void> {
    const { sessionId, store, storeTimeoutMs } = this.#access
    await withDeadline(store.write(sessionId, changes, { ...options, fencingToken }), storeTimeoutMs, () => {
      this.lease.noteUncertain()
      return storeTimeout(sessionId, 'write', storeTimeoutMs)
    })
  }
}
