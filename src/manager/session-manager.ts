import type { WASocket } from '@whiskeysockets/baileys'
import { boundedBy, withSignal } from '../async/deadline.js'
import type { Listener } from '../async/safe-emitter.js'
import { requireBoolean, requireCallbacks, requireDuration, requireOptions, requirePlainJson, requireSignal } from '../option-checks.js'
import { requirePhoneNumber, requireSessionId } from '../session/session-arguments.js'
import { connectTimeout, managerClosed, needsPerson, ownedElsewhere } from '../session/session-refusals.js'
import type { Session } from '../session/session.js'
import type { SessionSnapshot } from '../status/session-status.js'
import type { ClusterMember } from './cluster-options.js'
import { assembleManager, closeManager, type CloseReport, drainManager, type ManagerParts } from './manager-parts.js'
import type { RestoreAllOptions, RestoreReport, RestoreResult } from './restore-report.js'
import { abortedResult, RestoreRun } from './restore-run.js'
import { DRAIN_TIMEOUT_MS } from './session-cluster.js'
import { checkListener, type SessionManagerEvents } from './session-manager-events.js'
import { type ResolvedSessionManagerOptions, resolvePace, resolveSessionManagerOptions, type SessionManagerOptions } from './session-manager-options.js'
import {
  type CloseOptions,
  type ConnectOptions,
  type DrainOptions,
  type LogoutOptions,
  type RestoreOptions,
  type StatusOptions,
  VERB_OPTIONS,
  type WaitOptions,
} from './session-manager-verbs.js'

/**
 * Keeps the WhatsApp sessions of an application alive: it pairs them, restores them after a restart, reconnects them after every
 * temporary loss, and always knows the status of each.
 *
 * Methods reject with a `SessionError`: `INVALID_SESSION_ID` for an invalid id, `MANAGER_CLOSED` after `close`, `OWNED_ELSEWHERE`, with
 * the `owner` to call and its `ownerAddress`, where another process runs the session. An invalid argument is a `TypeError` or `RangeError`.
 */
export class SessionManager implements AsyncDisposable {
  readonly #options: ResolvedSessionManagerOptions
  readonly #parts: ManagerParts
  #restoreRun: RestoreRun | null = null
  #closing: Promise<CloseReport> | null = null

  /** Creates a manager. It does nothing until you call it. Throws `TypeError` or `RangeError` for invalid options. */
  constructor(options: SessionManagerOptions) {
    this.#options = resolveSessionManagerOptions(options)
    this.#parts = assembleManager(this.#options)
  }

  /**
   * Starts a session: restores it if it is paired, otherwise starts pairing. Resolves when there is something to show: a QR code,
   * `connected`, `reconnecting`, or a status that needs a person. Concurrent calls share one start. After `logged_out` it starts a
   * fresh pairing; the old records stay until the new pairing has succeeded. If a phone was linked and the store holds nothing of it
   * (`credentials_missing`), it starts a fresh pairing as well; an `error` event with `CREDENTIALS_MISSING` comes before the QR code. If the session is being deleted, it waits for that and
   * starts from scratch: nothing of the deleted session is left, not even its metadata.
   *
   * Rejects with `OWNED_ELSEWHERE`, with `CONNECT_TIMEOUT` when `timeoutMs` passes, with the signal's reason (if it has already
   * aborted, nothing starts), and with `STORE_UNAVAILABLE` when nothing is paired and the store cannot be written, before any QR
   * code is shown.
   */
  async connect(sessionId: string, options: ConnectOptions = {}): Promise<SessionSnapshot> {
    this.#check(sessionId)
    requireOptions('', options, VERB_OPTIONS.connect)
    const { metadata, signal, timeoutMs } = options
    if (timeoutMs !== undefined) requireDuration('timeoutMs', timeoutMs)
    if (metadata !== undefined) requirePlainJson('metadata', metadata)
    requireSignal(signal)
    const bounds = { signal, timeoutMs, onTimeout: () => connectTimeout(sessionId, timeoutMs) }
    return this.#startHere(sessionId, (session) => boundedBy(bounds, (caller) => session.connect(metadata, caller)))
  }

  /**
   * Restores a stored session; never pairs, and never creates a new identity. Resolves when it is connected, when it should not be
   * restored or needs a person, or with `retrying` when the retries of the start are used up: the session then keeps trying in the
   * background. If your signal aborts, it resolves with `skipped`, `aborted`.
   */
  async restoreSession(sessionId: string, options: RestoreOptions = {}): Promise<RestoreResult> {
    this.#check(sessionId)
    requireOptions('', options, VERB_OPTIONS.restoreSession)
    const { signal, force = false } = options
    requireBoolean('force', force)
    requireSignal(signal)
    if (hasAborted(signal)) return abortedResult(sessionId)
    const startedAt = Date.now()
    const restoring = this.#parts.restorer.restore(sessionId, 'person', { force })
    try {
      return await withSignal(restoring, signal)
    } catch (error) {
      if (hasAborted(signal)) return abortedResult(sessionId, Date.now() - startedAt)
      throw error
    }
  }

  /**
   * Restores every session that the store or the repository has, a few at a time. One bad session never stops the others, and the report contains each session
   * once. If a run is in progress, a second call shares it. Rejects before anything starts: with `STORE_UNAVAILABLE` if the store
   * cannot list its sessions, and with `LISTENER_FAILED` if `filter` or `priority` throws.
   */
  async restoreAll(options: RestoreAllOptions = {}): Promise<RestoreReport> {
    this.#checkOpen()
    requireOptions('', options, VERB_OPTIONS.restoreAll)
    const { filter, priority, onProgress, signal } = options
    requireCallbacks({ filter, priority, onProgress })
    requireSignal(signal)
    const running = this.#restoreRun
    const run = running === null || running.isCalledOff ? this.#beginRestoreRun(options) : running
    return run.join({ signal, onProgress: (progress) => this.#parts.announcer.guard('onProgress', () => onProgress?.(progress)) })
  }

  /**
   * The status of a session. Never waits for the network, and reads the store at most once. Restores a stored, paired session that
   * nobody runs in the background and returns `connecting`, unless `restore` (or the option `restoreOnStatus`) is `false`.
   */
  async getStatus(sessionId: string, options: StatusOptions = {}): Promise<SessionSnapshot> {
    this.#check(sessionId)
    requireOptions('', options, VERB_OPTIONS.getStatus)
    const isWanted = requireBoolean('restore', options.restore ?? this.#options.restoreOnStatus)
    return this.#parts.statuses.running(sessionId) ?? this.#parts.statuses.find(sessionId, isWanted)
  }

  /** The status of all known sessions, stored or running. Starts nothing. Rejects with `STORE_UNAVAILABLE` if the store cannot list them. */
  async getStatuses(): Promise<SessionSnapshot[]> {
    this.#checkOpen()
    return this.#parts.statuses.all(await this.#parts.knownSessions.all())
  }

  /**
   * Starts a pairing by code instead of QR code, or requests a code in the current pairing. Resolves with the eight characters to
   * enter on the phone, once WhatsApp has accepted them. You can call it again, also for another number: the latest code counts.
   *
   * `phoneNumber` is digits with the country code, or `+` and then digits, spaces and punctuation; anything else is a `TypeError`.
   * Rejects with `PAIRING_CODE_REFUSED` if WhatsApp refuses, `PAIRING_CODE_TIMEOUT` if it does not answer within 15 s,
   * `PAIRING_FAILED` if the connection is lost, `ALREADY_PAIRED` or `OWNED_ELSEWHERE`. After the first three, you can request a
   * code again.
   */
  async requestPairingCode(sessionId: string, phoneNumber: string): Promise<string> {
    const digits = requirePhoneNumber(phoneNumber)
    this.#check(sessionId)
    return this.#startHere(sessionId, (session) => session.requestPairingCode(digits))
  }

  /**
   * Resolves with the open socket once the session is connected. Starts nothing. Rejects if a person is needed, and with
   * `CONNECT_TIMEOUT` after `timeoutMs` (default: `connectTimeoutMs`).
   */
  async waitUntilConnected(sessionId: string, options: WaitOptions = {}): Promise<WASocket> {
    this.#check(sessionId)
    requireOptions('', options, VERB_OPTIONS.waitUntilConnected)
    const { signal, timeoutMs = this.#options.session.connectTimeoutMs } = options
    requireDuration('timeoutMs', timeoutMs)
    requireSignal(signal)
    return boundedBy({ signal, timeoutMs, onTimeout: () => connectTimeout(sessionId, timeoutMs) }, async (caller) => {
      await this.#refuseVainWait(sessionId)
      return this.#work(sessionId, (session) => session.waitUntilConnected(caller))
    })
  }

  /** The open socket; `undefined` unless the session is `connected` here. A socket lasts only until the connection is lost, so do not keep it. */
  getSocket(sessionId: string): WASocket | undefined {
    return this.#parts.registry.find(sessionId)?.openSocket
  }

  /**
   * What this process knows of a session, at once: it reads nothing and starts nothing. `undefined` for a session that it has not touched, and for
   * one of which nothing is stored; `getStatus` looks. For guards and middleware that cannot wait.
   */
  peek(sessionId: string): SessionSnapshot | undefined {
    return this.#parts.statuses.peek(sessionId)
  }

  /**
   * Closes the socket and keeps the credentials. The session stays stopped, even across restarts, until `connect`; one that is
   * logged out, or whose credentials cannot be read, keeps that status. An id with nothing stored is not recorded. Rejects with
   * `OWNED_ELSEWHERE`, and with a store error if the stop could not be saved: the session then stays stopped only in this process.
   */
  async stop(sessionId: string): Promise<void> {
    this.#check(sessionId)
    await this.#work(sessionId, (session) => session.stop())
  }

  /**
   * Unlinks the device and waits for WhatsApp to acknowledge it, dialling once if there is no connection; then deletes what is
   * stored. The repository's record stays as `logged_out`. Rejects with `UNLINK_FAILED` if `requireUnlink` is set and WhatsApp did
   * not confirm within `timeoutMs` (default: 20 000), or with `NOT_PAIRED`; nothing is deleted in those cases. Without
   * `requireUnlink`, check `unlinked` in the result: for an id with nothing stored it is `false`, and nothing is recorded. Rejects
   * with `OWNED_ELSEWHERE`.
   */
  async logout(
    sessionId: string,
    options: LogoutOptions = {},
  ): Promise<{
    /** Whether WhatsApp has unlinked the device. */
    unlinked: boolean
  }> {
    requireOptions('', options, VERB_OPTIONS.logout)
    const { timeoutMs = 20_000, requireUnlink = false } = options
    requireDuration('timeoutMs', timeoutMs, 1)
    requireBoolean('requireUnlink', requireUnlink)
    this.#check(sessionId)
    return this.#work(sessionId, (session) => session.logout({ timeoutMs, requireUnlink }))
  }

  /** Deletes what is stored and the repository's record, in any status, even offline. Does not unlink the device. Safe to repeat. */
  async delete(sessionId: string): Promise<void> {
    const session = this.#enter(sessionId)
    await this.#parts.owners.naming(sessionId, () => session.delete(() => this.#parts.knownSessions.deleteRecord(sessionId)))
    this.#parts.registry.forget(sessionId)
  }

  /**
   * In a cluster: hands each linked session over to a process that has room, and takes no new ones from then on. A session keeps its socket until
   * its successor is ready. Resolves when that is done, nobody has room, or after `timeoutMs` (default: 60 000). `closed` are the sessions that
   * another process goes on with; `notDrained` those that still run here, which `close` ends. Call it on SIGTERM.
   */
  async drain(options: DrainOptions = {}): Promise<CloseReport> {
    this.#checkOpen()
    requireOptions('', options, VERB_OPTIONS.drain)
    const { timeoutMs = DRAIN_TIMEOUT_MS } = options
    requireDuration('timeoutMs', timeoutMs)
    this.#restoreRun?.abort()
    return drainManager(this.#parts, timeoutMs)
  }

  /** The processes that share the sessions of the store; none without the option `cluster`. Rejects with `STORE_UNAVAILABLE`. */
  async members(): Promise<ClusterMember[]> {
    this.#checkOpen()
    return (await this.#parts.cluster?.members()) ?? []
  }

  /**
   * Ends everything without logging out: flushes every write, closes the sockets, and releases the locks. In a cluster it drains first. Sessions
   * that did not finish within `timeoutMs` (default: 10 000) are in `notDrained`. Idempotent; later calls reject with `MANAGER_CLOSED`. It does
   * not close the store, which may be shared.
   */
  async close(options: CloseOptions = {}): Promise<CloseReport> {
    requireOptions('', options, VERB_OPTIONS.close)
    const { timeoutMs = 10_000 } = options
    requireDuration('timeoutMs', timeoutMs)
    this.#restoreRun?.abort()
    this.#closing ??= closeManager(this.#parts, timeoutMs)
    return this.#closing
  }

  /** The same as {@link SessionManager.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Adds a listener. If it throws or rejects, you get an `error` event; no session is affected. */
  on<Name extends keyof SessionManagerEvents>(event: Name, listener: Listener<SessionManagerEvents[Name]>): this {
    checkListener(event, listener)
    if (this.#closing === null) this.#parts.cluster?.begin()
    this.#parts.announcer.events.on(event, listener)
    return this
  }

  /** Adds a listener for the next time only. */
  once<Name extends keyof SessionManagerEvents>(event: Name, listener: Listener<SessionManagerEvents[Name]>): this {
    checkListener(event, listener)
    if (this.#closing === null) this.#parts.cluster?.begin()
    this.#parts.announcer.events.once(event, listener)
    return this
  }

  /** Removes a listener. */
  off<Name extends keyof SessionManagerEvents>(event: Name, listener: Listener<SessionManagerEvents[Name]>): this {
    this.#parts.announcer.events.off(event, listener)
    return this
  }

  #check(sessionId: string): void {
    requireSessionId(sessionId)
    this.#checkOpen(sessionId)
  }

  #checkOpen(sessionId?: string): void {
    if (this.#closing !== null) throw managerClosed(sessionId)
    this.#parts.cluster?.begin()
  }

  #enter(sessionId: string): Session {
    this.#check(sessionId)
    return this.#parts.registry.ensure(sessionId)
  }

  /** Lets a verb work on a session. When another process runs it, the refusal names that process. */
  #work<Result>(sessionId: string, work: (session: Session) => Promise<Result>): Promise<Result> {
    const { owners, registry } = this.#parts
    return owners.naming(sessionId, () => registry.use(sessionId, work))
  }

  /** The same for a verb that may start it, which takes a place of this process. */
  async #startHere<Result>(sessionId: string, work: (session: Session) => Promise<Result>): Promise<Result> {
    const start = (): Promise<Result> => this.#work(sessionId, work)
    return this.#parts.cluster?.start(sessionId, start) ?? start()
  }

  #beginRestoreRun(options: RestoreAllOptions): RestoreRun {
    const { knownSessions, restorer, announcer, cluster } = this.#parts
    const run = new RestoreRun({
      ...resolvePace('', options, this.#options.restore),
      candidates: async () => {
        await cluster?.join()
        return knownSessions.candidates(options)
      },
      resultAtRest: async (candidate) => {
        const { sessionId } = candidate
        const result = cluster?.resultElsewhere(sessionId) ?? (await knownSessions.resultAtRest(candidate)) ?? cluster?.resultUnplaced(sessionId) ?? null
        if (result !== null) announcer.restored(result)
        return result
      },
      restore: (sessionId, onUnanswered) => {
        const onWaiting = (isUnanswered: boolean): void => (isUnanswered ? onUnanswered() : undefined)
        return restorer.restore(sessionId, 'bulk', { onWaiting }).catch(() => abortedResult(sessionId))
      },
    })
    this.#restoreRun = run
    run.finished
      .finally(() => {
        if (this.#restoreRun === run) this.#restoreRun = null
      })
      .catch(() => undefined)
    return run
  }

  /** One that nobody runs may be started while the caller waits; one that cannot be started is told at once. */
  async #refuseVainWait(sessionId: string): Promise<void> {
    if (this.#parts.registry.find(sessionId) !== undefined) return
    const found = await this.#parts.lookup.look(sessionId)
    if (found.owner !== null) throw ownedElsewhere(sessionId, found.owner)
    if (found.decision.action === 'rest') throw needsPerson(this.#parts.lookup.view(found))
  }
}

function hasAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}
