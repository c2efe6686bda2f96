import type { WASocket } from '@whiskeysockets/baileys'
import { callGuarded, SafeEmitter } from '../async/safe-emitter.js'
import { SessionError } from '../errors.js'
import { guardedLogger, type Logger, silentLogger } from '../logger.js'
import type { RepositoryFollower } from '../repository/repository-follower.js'
import type { SessionAnnouncements } from '../session/session-context.js'
import type { SessionSnapshot } from '../status/session-status.js'
import type { RestoreResult } from './restore-report.js'
import type { ClusterMember } from './cluster-options.js'
import type { SessionManagerEvents } from './session-manager-events.js'

/** Tells listeners, the repository and the logger what happens to sessions. */
export class SessionAnnouncer implements SessionAnnouncements {
  readonly events: SafeEmitter<SessionManagerEvents>
  readonly #logger: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Whether somebody hears of an error that no listener takes. */
  #isHeard: boolean
  #follower: RepositoryFollower | null = null
  #tellCluster: (snapshot: SessionSnapshot) => void = () => undefined

  constructor(logger: Logger | undefined) {
    this.#logger = guardedLogger(logger ?? silentLogger())
    this.#isHeard = logger !== undefined
    this.events = new SafeEmitter<SessionManagerEvents>((event, cause, { sessionId }) => this.#listenerFailed(event, cause, sessionId ?? undefined))
  }

  /** From now on the repository is told, too. */
  follow(follower: RepositoryFollower): void {
    this.#follower = follower
  }

  /** From now on the other processes of the cluster are told, too. */
  tellCluster(tell: (snapshot: SessionSnapshot) => void): void {
    this.#tellCluster = tell
  }

  status(snapshot: SessionSnapshot, previous: SessionSnapshot): void {
    this.#saveStatus(snapshot, previous)
    this.#tellCluster(snapshot)
    this.statusElsewhere(snapshot, previous)
  }

  /** Where a session stands that another process runs, or ran: nothing of it is for this process to keep. */
  statusElsewhere(snapshot: SessionSnapshot, previous: Pick<SessionSnapshot, 'status' | 'reason' | 'nextRetryAt' | 'restrictedUntil'>): void {
    const { qr: _qr, pairingCode: _pairingCode, ...visible } = snapshot
    const isNews =
      snapshot.status !== previous.status ||
      snapshot.reason !== previous.reason ||
      snapshot.nextRetryAt?.getTime() !== previous.nextRetryAt?.getTime() ||
      snapshot.restrictedUntil?.getTime() !== previous.restrictedUntil?.getTime()
    if (!isNews) return
    this.#logger.info({ sessionId: snapshot.sessionId, status: snapshot.status, reason: snapshot.reason }, 'session status')
    this.events.emit('status', { ...visible, previous: previous.status })
  }

  metadata(sessionId: string, metadata: Record<string, unknown>): void {
    this.#follower?.save(sessionId, { metadata })
  }

  qr(sessionId: string, qr: string, expiresAt: Date): void {
    this.events.emit('qr', { sessionId, qr, expiresAt })
  }

  pairingCode(sessionId: string, code: string, phoneNumber: string, expiresAt: Date): void {
    this.events.emit('pairing-code', { sessionId, code, phoneNumber, expiresAt })
  }

  socket(sessionId: string, socket: WASocket, shared: Record<string, unknown>): void {
    this.events.emit('socket', { sessionId, socket, shared })
  }

  connected(sessionId: string, phoneNumber: string | null, restored: boolean): void {
    this.events.emit('connected', { sessionId, phoneNumber, restored })
  }

  disconnected(loss: Parameters<SessionAnnouncements['disconnected']>[0]): void {
    this.#logger.info({ sessionId: loss.sessionId, cause: loss.cause, code: loss.code, nextRetryAt: loss.nextRetryAt }, 'session disconnected')
    this.events.emit('disconnected', loss)
  }

  credsRestored(sessionId: string, error: SessionError): void {
    this.#logger.warn({ sessionId, code: error.code, problem: error.message }, 'credentials restored from their copy')
    this.events.emit('creds-restored', { sessionId, error })
  }

  loggedOut(sessionId: string, cause: 'logged_out' | 'intentional_logout'): void {
    this.events.emit('logged-out', { sessionId, cause })
  }

  deleted(sessionId: string): void {
    this.#logger.info({ sessionId }, 'session deleted')
    this.events.emit('deleted', { sessionId })
  }

  /** The members of the cluster changed. */
  members(members: ClusterMember[]): void {
    this.events.emit('members', { sessionId: null, members })
  }

  /** A restore has come to its end. */
  restored(result: RestoreResult): void {
    this.events.emit('restored', result)
  }

  error(error: SessionError): void {
    this.#logger.warn({ sessionId: error.sessionId, code: error.code, problem: error.message }, 'session error')
    const isTaken = this.events.emit('error', { sessionId: error.sessionId ?? null, error })
    if (!isTaken && !this.#isHeard) this.#warnOnce(error)
  }

  /** Without a listener and a logger a mistake would be silent. */
  #warnOnce({ code, message }: SessionError): void {
    this.#isHeard = true
    process.emitWarning(`${message} (${code}) Further errors are not shown: listen to the "error" event of SessionManager, or give it a "logger".`, {
      code: 'BAILEYS_SESSIONS_ERROR',
    })
  }

  /** Calls a function of the application; what it throws becomes an `error` event. */
  guard(name: string, call: () => unknown): void {
    callGuarded(call, (cause) =>
      this.error(new SessionError('LISTENER_FAILED', `Your function "${name}" failed. The library continues without it.`, { cause })),
    )
  }

  #saveStatus(snapshot: SessionSnapshot, previous: SessionSnapshot): void {
    if (!isOurs(snapshot, previous)) return
    const { sessionId, status, reason, phoneNumber, lastDisconnect, owner } = snapshot
    const now = new Date()
    this.#follower?.save(sessionId, {
      status,
      reason,
      owner,
      ...(phoneNumber === undefined ? {} : { phoneNumber }),
      ...(lastDisconnect === undefined ? {} : { lastDisconnect }),
      ...(status === 'connected' && previous.status !== 'connected' ? { lastConnectedAt: now } : {}),
      updatedAt: now,
    })
  }

  /** The listeners of `error` itself must not be told of their own failure: that would never end. */
  #listenerFailed(event: keyof SessionManagerEvents, cause: unknown, sessionId: string | undefined): void {
    if (event === 'error') {
      this.#logger.error({ event, problem: cause instanceof Error ? cause.message : String(cause) }, 'a listener of "error" failed')
      return
    }
    this.error(new SessionError('LISTENER_FAILED', `A listener for "${event}" failed. The session continues.`, { sessionId, cause }))
  }
}

/** What another process does with a session, or did before it ended it, is for that process to write. */
function isOurs(snapshot: SessionSnapshot, previous: SessionSnapshot): boolean {
  if (!snapshot.isLocal || (!previous.isLocal && snapshot.reason === 'not_running')) return false
  if (snapshot.owner !== null || previous.owner !== null) return true
  // Without a lease somebody else may be running it; and where nothing is stored the row may tell of a logout.
  return snapshot.status !== 'connecting' && snapshot.reason !== 'never_paired'
}
