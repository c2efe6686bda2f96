import type { WASocket } from '@whiskeysockets/baileys'
import { Inbox, WorkQueue } from '../async/order-of-work.js'
import { PhaseTimer } from '../async/phase-timer.js'
import { Watchers } from '../async/watchers.js'
import type { Lifecycle } from '../auth/lifecycle-record.js'
import type { DialPriority } from '../disconnect/dial-limiter.js'
import type { SessionError } from '../errors.js'
import type { SessionLease } from '../lease/session-lock.js'
import type { SessionSnapshot } from '../status/session-status.js'
import { asStoreError } from '../store/store-failure.js'
import { knowsBetter } from './lifecycle-memory.js'
import { circumstancesOf, type SessionContext } from './session-context.js'
import { type LogoutWishes, SessionEnding } from './session-ending.js'
import { SessionLoading } from './session-loading.js'
import { INITIAL_STATE, requestOf, restingState, transition } from './session-machine.js'
import { managerClosed, policyFailed } from './session-refusals.js'
import { becameConnected, type KnownFacts, SessionReport } from './session-report.js'
import type { Run, SessionEffect, SessionEvent, SessionState } from './session-state.js'
import { SessionStorage } from './session-storage.js'
import { SocketSlot } from './socket-slot.js'
import type { StartRequest } from './start-decision.js'
import { connectionOutcome, connectOutcome, pairingOutcome, type RestoreEnd, type RestoreOrder, restoreOutcome, type Standing } from './verb-outcomes.js'

/** One session: it keeps the state, carries out what the machine decides, and answers to a handful of verbs. */
export class Session {
  readonly id: string
  readonly #context: SessionContext
  readonly #report: SessionReport
  readonly #storage: SessionStorage
  readonly #socket: SocketSlot
  readonly #loading: SessionLoading
  readonly #ending: SessionEnding
  readonly #timer = new PhaseTimer()
  readonly #watchers = new Watchers()
  readonly #closing = new AbortController()
  /** What must be finished before the session is loaded again. */
  readonly #pending = new WorkQueue()
  readonly #inbox = new Inbox<SessionEvent>((event) => this.#take(event))
  #state: SessionState = INITIAL_STATE

  constructor(id: string, context: SessionContext) {
    this.id = id
    this.#context = context
    const { announce, settings } = context
    const send = (event: SessionEvent): void => this.#inbox.take(event)
    const findMetadata = async (): Promise<Record<string, unknown> | null> => (await context.findRecord(id))?.metadata ?? null
    this.#report = new SessionReport({ sessionId: id, announce, messages: settings.messages, findMetadata }, this.#state)
    const inBackground = (work: () => Promise<void>): void => this.#inBackground(work)
    const onWriteDue = (): void => inBackground(() => this.#storage.writePending())
    const onLost = (expired: SessionError | null): void => (expired === null ? send({ type: 'lease-lost' }) : this.#socket.endLease(expired))
    this.#storage = new SessionStorage({ sessionId: id, context, isRunning: () => this.isRunning, hasSocket: () => this.#socket.isInUse, onLost, onWriteDue })
    this.#loading = new SessionLoading({ storage: this.#storage, report: this.#report, announce, inBackground, send, onRest: () => context.onRest(id) })
    this.#socket = new SocketSlot({
      sessionId: id,
      context,
      report: this.#report,
      send,
      failures: () => this.#run?.failures ?? 0,
      onPaired: (identity) => this.#storage.notePaired(identity),
      onUnsavedPairing: (records) => this.#storage.keepPairing(records),
    })
    this.#ending = new SessionEnding({
      sessionId: id,
      storage: this.#storage,
      pending: this.#pending,
      watchers: this.#watchers,
      closing: this.#closing.signal,
      send,
      state: () => this.#state,
      openSocket: () => this.openSocket,
      start: (request) => this.#start(request, 'person'),
      onEnded: () => context.onEnded(id),
      onDeleted: () => {
        this.#socket.forget()
        this.#report.tellDeleted(this.#state)
      },
    })
  }

  /** Where it stands, for people. */
  get snapshot(): SessionSnapshot {
    return this.#report.view(this.#state)
  }

  /** The live, open socket. */
  get openSocket(): WASocket | undefined {
    return this.#state.phase === 'connected' ? this.#socket.socket : undefined
  }

  /** Under which name this process holds its lock, if it does. */
  get owner(): string | null {
    return this.#storage.lease.owner
  }

  /** The lease that it is held under here; `null` when it is not. */
  get lease(): Pick<SessionLease, 'fencingToken'> | null {
    return this.#storage.lease.lease
  }

  /** Whether it runs here: it has a socket, or is on its way to one. */
  get isRunning(): boolean {
    return this.#state.phase !== 'idle' && this.#state.phase !== 'standby'
  }

  /** Whether another process could go on with it: a phone is linked, and nobody is ending it. */
  get isMovable(): boolean {
    return this.#run?.paired === true && this.isRunning && this.#state.phase !== 'pairing' && !this.isEnding
  }

  /** Whether it runs here, or waits here for the process that runs it to be gone. */
  get isActive(): boolean {
    return this.#state.phase !== 'idle'
  }

  /** Whether it is being stopped, logged out or deleted. */
  get isEnding(): boolean {
    return this.#ending.isUnderWay
  }

  /** Whether it was ended here, or came to its end. */
  get isResting(): boolean {
    return this.#state.phase === 'idle' && this.#state !== INITIAL_STATE
  }

  /** Whether a dial of this process ended in a failure that time does not mend. */
  get hasFailed(): boolean {
    return this.#state.phase === 'idle' && this.#state.status === 'failed' && this.#state.tried
  }

  /** Whether nothing is lost with this object: it rests, and holds nothing any more. */
  get isForgettable(): boolean {
    const waits = this.isRunning || (this.isActive && !this.#context.isClustered)
    return !waits && !this.isEnding && this.#storage.lease.isDone
  }

  /** Whether the manager is closed: nothing is started any more. */
  get isClosing(): boolean {
    return this.#closing.signal.aborted
  }

  /** Whether a phone is linked, as far as this process knows; `null`: it does not know. */
  get isPairedHere(): boolean | null {
    return this.#storage.pairing.isPairedHere
  }

  /** Whether what was decided here could not be written yet. */
  get isUnwritten(): boolean {
    return this.#storage.memory.isUnwritten
  }

  /** Whether the rest it came to here holds against what is stored. */
  knowsBetter(stored: Lifecycle): boolean {
    const { current: lifecycle, isUnwritten } = this.#storage.memory
    return knowsBetter({ state: this.#state, lifecycle, isUnwritten }, stored)
  }

  /** Takes over what others know of a session that is about to be started here. */
  recall(known: KnownFacts): void {
    this.#report.recall(known)
  }

  /** Resolves when what is under way at this moment has finished. */
  settled(): Promise<void> {
    return this.#pending.add(() => Promise.resolve())
  }

  /** Moves the next dial, or the one that is queued, ahead when somebody more urgent waits for it. */
  promote(priority: DialPriority): void {
    this.#socket.promote(priority)
  }

  /** Starts it, pairing it when nothing is paired, and resolves when there is something to show. */
  async connect(metadata: Record<string, unknown> | undefined, signal: AbortSignal): Promise<SessionSnapshot> {
    if (this.#ending.isDeleting) await this.#ending.afterDelete(signal)
    this.#report.takeMetadata(metadata)
    this.#beginConnect()
    return this.#watchers.watch(() => connectOutcome(this.#standing), signal)
  }

  /** Begins a restore, or joins the one under way. Throws `MANAGER_CLOSED`. */
  beginRestore(priority: DialPriority, force = false): void {
    // One that is loading takes the wish to force it into account.
    if (!this.isRunning || this.#state.phase === 'loading') this.#start({ purpose: 'restore', force }, priority)
    else if (this.#state.phase === 'waiting' && this.#state.run.start !== 'trying') this.#retryNow(priority)
    else this.promote(priority)
  }

  /** Restores it, or joins the restore under way, and resolves with how it ended. It goes on, whoever stops waiting for it. */
  async restore({ force, priority, onWaiting }: RestoreOrder): Promise<RestoreEnd & { error?: SessionError }> {
    if (this.#state.phase === 'connected') return { outcome: 'already_connected', reason: 'already_connected' }
    this.beginRestore(priority, force)
    const end = await this.#watchers.watch(() => {
      if (this.#state.phase === 'waiting') onWaiting(this.#report.lastDisconnect?.cause === 'connect_timeout')
      return restoreOutcome(this.#state)
    })
    const error = end.outcome === 'failed' || end.outcome === 'retrying' ? this.#loading.startError : null
    return error === null ? end : { ...end, error }
  }

  /** Begins a pairing, or joins the one under way, and asks for a pairing code once it can be asked for. */
  async requestPairingCode(phoneNumber: string): Promise<string> {
    if (this.#ending.isDeleting) await this.#ending.afterDelete()
    if (!this.isRunning) await this.#pending.add(() => this.#storage.refuseWhenPaired())
    this.#beginConnect()
    await this.#watchers.watch(() => pairingOutcome(this.#standing))
    return this.#socket.requestPairingCode(phoneNumber)
  }

  /** Resolves with the open socket once there is one; rejects when the session rests and a person is needed. Starts nothing. */
  waitUntilConnected(signal: AbortSignal): Promise<WASocket> {
    return this.#watchers.watch(() => {
      this.#closing.signal.throwIfAborted()
      return connectionOutcome(this.#standing, this.openSocket)
    }, signal)
  }

  /** Closes the socket, keeps the credentials, and remembers that the session is not wanted. */
  stop(): Promise<void> {
    return this.#ending.stop()
  }

  /** Unlinks the device at WhatsApp, then deletes what is stored. */
  logout(wishes: LogoutWishes): Promise<{ unlinked: boolean }> {
    return this.#ending.logout(wishes)
  }

  /** Deletes all that is stored, in any state, then does what else has to be gone before the session may begin anew. */
  delete(alsoDelete: () => Promise<void>): Promise<void> {
    return this.#ending.delete(alsoDelete)
  }

  /** Closes the socket and gives the lease back, for another process to take the session over; see {@link SessionEnding.handOver}. */
  handOver(): Promise<boolean> {
    return this.#ending.handOver()
  }

  /** Closes the socket without logging out, and gives the lease back. Resolves with whether everything was written. Never rejects. */
  async close(): Promise<boolean> {
    this.#closing.abort(managerClosed(this.id))
    this.#watchers.notify()
    // What rests already keeps its status: closing is no news about a session that was logged out.
    if (this.#state.phase !== 'idle') this.#inbox.take({ type: 'halt', to: restingState('disconnected', 'not_running') })
    return this.#pending.add(() => this.#storage.finish())
  }

  /** From now on what cannot be given back at once is left to itself: nobody will be there to try again. */
  abandon(): void {
    this.#storage.lease.abandon()
  }

  get #standing(): Standing {
    return { sessionId: this.id, state: this.#state, startError: this.#loading.startError, snapshot: this.snapshot, lossError: this.#report.lossError }
  }

  get #run(): Run | null {
    return 'run' in this.#state ? this.#state.run : null
  }

  #beginConnect(): void {
    const { phase } = this.#state
    if (!this.isRunning || phase === 'loading') this.#start({ purpose: 'connect', force: false }, 'person')
    else if (phase === 'waiting') this.#retryNow('person')
    else this.promote('person')
  }

  #start(request: StartRequest, priority: DialPriority): void {
    this.#closing.signal.throwIfAborted()
    if (!this.isRunning) this.#socket.beginStart()
    this.#socket.promote(priority)
    this.#inbox.take({ type: 'start', request })
  }

  /** Brings the next attempt forward, where that does no harm. */
  #retryNow(priority: DialPriority): void {
    this.#socket.promote(priority)
    if (!this.isClosing) this.#inbox.take({ type: 'retry-now', isForced: false, lostAt: this.#report.lastDisconnect?.at ?? null })
  }

  #take(event: SessionEvent): void {
    const before = this.#state
    const { state: after, effects } = transition(before, event, circumstancesOf(this.id, this.#context.settings))
    this.#state = after
    if (after.phase !== before.phase) {
      this.#timer.clear()
      this.#storage.lease.stopWatching()
      if (event.type === 'start') this.#loading.forgetError()
    }
    for (const effect of effects) this.#perform(effect)
    this.#report.tell({ before, event, after, owner: this.isRunning ? this.owner : null, isUnlinking: this.#ending.isUnlinking })
    if (becameConnected({ before, after })) {
      this.#loading.forgetReady()
      this.#inBackground(() => this.#storage.noteConnected())
    }
    this.#watchers.notify()
  }

  #perform(effect: SessionEffect): void {
    switch (effect.type) {
      case 'load':
        return this.#loading.begin(() => requestOf(this.#run), effect.isTakeover)
      case 'dial':
        if (this.#loading.ready !== null) this.#socket.dial(this.#loading.ready, this.#run?.start === 'trying')
        return
      case 'settle':
        return void this.#socket.settle()
      case 'watch-stability':
        return this.#timer.after(this.#context.settings.stableAfterMs, () => this.#inbox.take({ type: 'stable' }))
      case 'close':
        return this.#closeSocket(effect.freshLease)
      case 'remember':
        this.#storage.note(effect.what)
        return this.#inBackground(() => this.#storage.writePending())
      case 'release':
        return this.#release()
      case 'hand-back':
        return this.#ending.handBack()
      case 'wait':
        return this.#timer.at(effect.until, () => this.#inbox.take({ type: 'timer' }))
      case 'stand-by':
        return this.#standBy()
      case 'refresh-version':
        return void this.#socket.refreshVersion()
      case 'tell-policy-failed':
        return this.#context.announce.error(policyFailed(this.id, effect.thrown))
    }
  }

  /** Work that nobody waits for: should it fail in a way that nobody thought of, it is told at least. */
  #inBackground(work: () => Promise<void>): void {
    this.#pending.add(work).catch((cause: unknown) => this.#context.announce.error(asStoreError(this.id, cause)))
  }

  #closeSocket(freshLease: boolean): void {
    this.#loading.callOff()
    const closing = this.#socket.close()
    this.#inBackground(async () => this.#storage.noteClosed(await closing, freshLease))
  }

  /** In a cluster the lease of a session that failed stays here: the others are told, and nobody tries again what only a person can mend. */
  #release(): void {
    if (!(this.hasFailed && this.#context.isClustered)) this.#inBackground(() => this.#storage.lease.release())
  }

  #standBy(): void {
    this.#inBackground(async () => {
      if (!this.isRunning) this.#storage.giveUpPairing()
    })
    if (!this.#context.isClustered) this.#storage.lease.watchUntilFree(this.#context.settings.standbyPollMs, () => this.#inbox.take({ type: 'timer' }))
  }
}
