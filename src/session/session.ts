import type { WASocket } from '@whiskeysockets/baileys'
import { freshLifecycle } from '../auth/lifecycle-record.js'
import { moreUrgent, type DialPriority } from '../dial/dial-limiter.js'
import type { DisconnectCause } from '../disconnect/disconnect-cause.js'
import type { SessionError } from '../errors.js'
import type { SessionSnapshot } from '../status/session-status.js'
import { STATUS_REASONS } from '../status/status-reasons.js'
import { asStoreError } from '../store/store-failure.js'
import { Inbox } from './inbox.js'
import { LeaseKeeper } from './lease-keeper.js'
import { LifecycleMemory } from './lifecycle-memory.js'
import { readLoadOutcome } from './load-event.js'
import { OwnerWatch } from './owner-watch.js'
import { PhaseTimer } from './phase-timer.js'
import { circumstancesOf } from './session-circumstances.js'
import type { SessionContext } from './session-context.js'
import { SessionLedger } from './session-ledger.js'
import { SessionLoader, type LoadOutcome } from './session-loader.js'
import { INITIAL_STATE, transition } from './session-machine.js'
import { requestOf } from './run-request.js'
import { managerClosed } from './session-refusals.js'
import type { Circumstances, Run, SessionEffect, SessionEvent, SessionState } from './session-state.js'
import { SocketKeeper } from './socket-keeper.js'
import type { StartRequest } from './start-verdict.js'
import { announceTurn, becameConnected } from './turn-announcements.js'
import { Watchers } from './watchers.js'
import { WorkQueue } from './work-queue.js'

/** A person's wish brings the next attempt forward, but not closer to the last loss than this. */
const HURRY_AFTER_MS = 5000

/** One session: it keeps the state, and carries out what the machine decides. */
export class Session {
  readonly id: string
  readonly ledger: SessionLedger
  readonly keeper: LeaseKeeper
  readonly memory: LifecycleMemory
  readonly loader: SessionLoader
  readonly sockets: SocketKeeper
  readonly context: SessionContext
  /** Whether a logout is under way: the server's answer to it looks like a logout at the phone. */
  unlinking = false
  readonly #timer = new PhaseTimer()
  readonly #ownerWatch: OwnerWatch
  readonly #inbox = new Inbox<SessionEvent>((event) => { this.#apply(event) })
  readonly #watchers = new Watchers()
  readonly #closing = new AbortController()
  #state: SessionState = INITIAL_STATE
  #priority: DialPriority = 'bulk'
  /** What must be finished before the session is loaded again. */
  readonly #pending = new WorkQueue()
  /** Stands for the load under way; a load that does not find itself here has been overtaken. */
  #load: object | null = null
  #ready: Extract<LoadOutcome, { kind: 'ready' }> | null = null
  #startError: SessionError | null = null
  #drained = true
  #endings = 0

  constructor(id: string, context: SessionContext) {
    this.id = id
    this.context = context
    const { store, announce, settings: { storeTimeoutMs: timeoutMs, rateLimitCoolDownMs: coolDownMs } } = context
    const onError = (error: SessionError): void => { announce.error(error) }
    const send = (event: SessionEvent): void => { this.send(event) }
    this.ledger = new SessionLedger(id, context, this.#state)
    this.keeper = new LeaseKeeper({ sessionId: id, lock: store.lock, timeoutMs, onError, onLost: () => { this.send({ type: 'lease-lost' }) } })
    this.#ownerWatch = new OwnerWatch(this.keeper, context.settings.standbyPollMs)
    this.loader = new SessionLoader({ sessionId: id, store, keeper: this.keeper, timeoutMs, coolDownMs, loadBaileys: () => context.loadBaileys(), onRestored: (error) => { announce.credsRestored(id, error) } })
    this.memory = new LifecycleMemory({
      sessionId: id, keeper: this.keeper, onError,
      write: (lease, lifecycle) => this.loader.writeLifecycle(lease, lifecycle),
      onRetryDue: () => { this.#inBackground(() => this.#writeMemory()) },
    })
    this.sockets = new SocketKeeper({
      sessionId: id, context, ledger: this.ledger, shared: {}, send, run: () => this.#run, circumstances: cause => this.#circumstances(cause),
      onPaired: (identity) => { this.memory.adopt(freshLifecycle(identity)) },
    })
  }

  /** Where it stands, inside. */
  get state(): SessionState {
    return this.#state
  }

  /** Whether it runs here: it has a socket, or is on its way to one. */
  get isRunning(): boolean {
    return this.#state.phase !== 'idle' && this.#state.phase !== 'standby'
  }

  /** Whether it is being stopped, logged out or deleted. */
  get isEnding(): boolean {
    return this.#endings > 0
  }

  /** Does the work of a verb that ends the session; until it is over, what is stored may tell something else. */
  async whileEnding<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#endings += 1
    try {
      return await work()
    } finally {
      this.#endings -= 1
      this.context.onEnded(this.id)
    }
  }

  /** Whether it was ended here, or came to its end. */
  get isResting(): boolean {
    return this.#state.phase === 'idle' && this.#state !== INITIAL_STATE
  }

  /** Where it stands, for people. */
  get snapshot(): SessionSnapshot {
    return this.ledger.view(this.#state)
  }

  /** The live, open socket. */
  get openSocket(): WASocket | undefined {
    return this.#state.phase === 'connected' ? this.sockets.socket : undefined
  }

  /** Why the last start came to nothing, when that was a failure and no verdict. */
  get startError(): SessionError | null {
    return this.#startError
  }

  /** Whether the last socket could finish its writes. */
  get drained(): boolean {
    return this.#drained
  }

  /** Aborts when the manager is closed: nothing is started any more. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** Starts nothing any more; what waits for a start is released. */
  beginClosing(): void {
    this.#closing.abort(managerClosed(this.id))
    this.#watchers.notify()
  }

  /** Starts it, or joins the start under way. Throws `MANAGER_CLOSED`. */
  start(request: StartRequest, priority: DialPriority): void {
    this.#closing.signal.throwIfAborted()
    if (!this.isRunning) this.#priority = priority
    this.promote(priority)
    this.send({ type: 'start', request })
  }

  /** Moves the next dial, or the one that is queued, ahead when somebody more urgent waits for it. */
  promote(priority: DialPriority): void {
    this.#priority = moreUrgent(this.#priority, priority)
    this.sockets.promote(priority)
  }

  /** Brings the next attempt forward, unless the last one was a moment ago or WhatsApp wants to be left alone. */
  hurry(priority: DialPriority): void {
    this.promote(priority)
    const isCoolingDown = this.#state.phase === 'waiting' && STATUS_REASONS[this.#state.reason].unhurried === true
    const lostAt = this.ledger.lastDisconnect?.at.getTime() ?? 0
    if (!isCoolingDown && Date.now() - lostAt >= HURRY_AFTER_MS && !this.#closing.signal.aborted) this.send({ type: 'hurry' })
  }

  /** Takes in an event. Events that come while another is worked on wait for their turn. */
  send(event: SessionEvent): void {
    this.#inbox.take(event)
  }

  /** Resolves with what `check` finds, now or after a later change; rejects with what it throws, or when the signal aborts. */
  watch<Result>(check: () => Result | undefined, signal?: AbortSignal): Promise<Result> {
    return this.#watchers.watch(check, signal)
  }

  /** Does something once everything under way has finished, and before the session is loaded again. */
  afterPending<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#pending.add(work)
  }

  /** Work that nobody waits for: should it fail in a way that nobody thought of, it is told at least. */
  #inBackground(work: () => Promise<void>): void {
    this.afterPending(work).catch((cause: unknown) => { this.context.announce.error(asStoreError(this.id, cause)) })
  }

  get #run(): Run | null {
    return 'run' in this.#state ? this.#state.run : null
  }

  #apply(event: SessionEvent): void {
    const before = this.#state
    const { state, effects } = transition(before, event)
    this.#state = state
    if (state.phase !== before.phase) {
      this.#timer.clear()
      this.#ownerWatch.end()
    }
    if (event.type === 'start' && state.phase !== before.phase) {
      this.#startError = null
      this.sockets.reset()
    }
    for (const effect of effects) this.#perform(effect)
    this.ledger.noteOwner(state.phase === 'idle' || state.phase === 'standby' ? null : this.keeper.owner)
    this.ledger.announce(state)
    announceTurn({ sessionId: this.id, before, event, after: state, ledger: this.ledger, pairedHere: this.sockets.pairedHere, unlinking: this.unlinking }, this.context.announce)
    if (becameConnected({ before, after: state })) {
      this.#ready = null
      this.sockets.reset()
      this.#inBackground(() => this.memory.clear())
    }
    this.#watchers.notify()
  }

  #perform(effect: SessionEffect): void {
    switch (effect.type) {
      case 'load': this.#beginLoad(); break
      case 'dial': this.#dial(); break
      case 'settle': void this.sockets.settle(); break
      case 'watch-stability': this.#timer.after(this.context.settings.stableAfterMs, () => { this.send({ type: 'stable' }) }); break
      case 'close': this.#close(effect.freshLease); break
      case 'remember':
        // Known at once: whoever reads the store meanwhile must not take its old answer for the truth.
        this.memory.note(effect.what)
        this.#inBackground(() => this.#writeMemory())
        break
      case 'release': this.#inBackground(() => this.keeper.release()); break
      case 'wait': this.#timer.at(effect.until, () => { this.send({ type: 'timer' }) }); break
      case 'stand-by': this.#standBy(); break
      case 'refresh-version': void this.sockets.refreshVersion(); break
    }
  }

  /** A load is part of what is pending: what ends the session afterwards finds nothing of it still writing. */
  #beginLoad(): void {
    const load = {}
    this.#load = load
    this.#inBackground(async () => {
      if (this.#load !== load) return
      const outcome = await this.loader.load({ request: () => requestOf(this.#run), pairing: this.sockets, beforeReading: () => this.#settleMemory() })
      if (this.#load !== load) return
      this.#noteLoaded(outcome)
      this.send(readLoadOutcome(outcome, () => this.#circumstances('storage_failed')))
    })
  }

  async #settleMemory(): Promise<void> {
    this.keeper.fenceUncertain()
    await this.memory.retry()
    this.keeper.fenceUncertain()
  }

  #noteLoaded(outcome: LoadOutcome): void {
    this.#ready = outcome.kind === 'ready' ? outcome : null
    if (outcome.kind === 'owned-elsewhere') return
    if (outcome.kind === 'failed') {
      this.#startError = outcome.error
      this.context.announce.error(outcome.error)
      return
    }
    this.#startError = outcome.kind === 'rest' ? outcome.error : null
    const stored = outcome.kind === 'ready' ? outcome.loaded.stored : outcome.stored
    if (stored.kind !== 'readable' && stored.kind !== 'absent') return
    this.memory.adopt(stored.lifecycle)
    this.ledger.notePhoneNumber(stored.kind === 'readable' && stored.creds.kind === 'paired' ? stored.creds.phoneNumber : undefined)
  }

  #dial(): void {
    const isStart = this.#run?.start === 'trying'
    if (this.#ready !== null) this.sockets.dial(this.#ready, isStart ? this.#priority : moreUrgent(this.#priority, 'reconnect'))
    // Whoever started it waits until the start is over: later dials are reconnects, unless somebody asks again.
    if (!isStart) this.#priority = 'bulk'
  }

  #close(freshLease: boolean): void {
    this.#load = null
    const closing = this.sockets.close()
    this.#inBackground(async () => {
      this.#drained = await closing
      // What the old socket still writes must not land on what the next one reads.
      if (!this.#drained) this.keeper.noteUncertain()
      if (freshLease) this.keeper.outdate()
    })
  }

  #standBy(): void {
    this.#inBackground(async () => { if (!this.isRunning) this.sockets.giveUpPairing() })
    this.#ownerWatch.begin(() => { this.send({ type: 'timer' }) })
  }

  async #writeMemory(): Promise<void> {
    if (!this.sockets.isInUse) {
      // A load tries again, and tells.
      await this.loader.savePairing(this.sockets).catch(() => undefined)
      this.keeper.fenceUncertain()
    }
    await this.memory.retry()
    if (!this.isRunning) await this.keeper.release()
  }

  #circumstances(cause: DisconnectCause): Circumstances {
    return circumstancesOf(this.#run, cause, this.id, this.context)
  }
}
