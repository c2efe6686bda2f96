import { Cluster } from '../cluster/cluster.js'
import type { ViewedChange, ViewedHolding } from '../cluster/cluster-view.js'
import { StandingNotes, standingOf } from '../cluster/standing-notes.js'
import type { DialLimiter } from '../disconnect/dial-limiter.js'
import { SessionError } from '../errors.js'
import type { LockCluster } from '../lease/lock-cluster.js'
import { ownedElsewhere } from '../session/session-refusals.js'
import type { SessionSnapshot } from '../status/session-status.js'
import { describeStatus, type StatusMessages } from '../status/status-reasons.js'
import { asStoreError } from '../store/store-failure.js'
import { type ClusterMember, memberOf, type ResolvedCluster } from './cluster-options.js'
import { ManagedSessions, type ManagedSessionsOptions } from './cluster-sessions.js'
import type { OwnerLookup } from './owner-lookup.js'
import type { RestoreResult } from './restore-report.js'
import type { SessionAnnouncer } from './session-announcer.js'
import { viewElsewhere } from './status-elsewhere.js'
import type { UnplacedStatus } from './status-lookup.js'

/** What a manager's part in a cluster is made from. */
export interface SessionClusterOptions extends Omit<ManagedSessionsOptions, 'note' | 'retryNotes'> {
  readonly options: ResolvedCluster
  readonly lock: LockCluster
  readonly limiter: DialLimiter
  readonly dialsPerSecond: number
  readonly stableAfterMs: number
  readonly timeoutMs: number
  readonly messages: StatusMessages
  readonly announcer: SessionAnnouncer
  readonly owners: OwnerLookup
}

const NOT_RUNNING: UnplacedStatus = { status: 'disconnected', reason: 'not_running' }
const OWNED_ELSEWHERE: UnplacedStatus = { status: 'disconnected', reason: 'owned_elsewhere' }

/** How long a drain may take unless the caller says. */
export const DRAIN_TIMEOUT_MS = 60_000

/** A manager's part in a cluster: which sessions may start here, what the others are told of them, and what is told of those elsewhere. */
export class SessionCluster {
  readonly #options: SessionClusterOptions
  readonly #cluster: Cluster
  readonly #notes: StandingNotes
  readonly #sessions: ManagedSessions

  constructor(options: SessionClusterOptions) {
    const { lock, announcer, stableAfterMs, timeoutMs, limiter, dialsPerSecond } = options
    this.#options = options
    const onError = (error: SessionError): void => announcer.error(error)
    this.#notes = new StandingNotes({ cluster: lock, timeoutMs, onError })
    this.#sessions = new ManagedSessions({ ...options, note: (sessionId) => this.#renote(sessionId), retryNotes: () => this.#notes.retry() })
    this.#cluster = new Cluster({
      ...options.options,
      lock,
      limiter,
      dialsPerSecond,
      stableAfterMs,
      timeoutMs,
      sessions: this.#sessions,
      onMembers: (members) => announcer.members(members.map(memberOf)),
      onElsewhere: (changes) => this.#tellElsewhere(changes),
      onError: (cause) => onError(asStoreError(undefined, cause)),
    })
  }

  /** Follows the others from now on. */
  begin(): void {
    this.#cluster.begin()
  }

  /** Takes sessions from now on. Rejects when the others cannot be asked for. */
  async join(): Promise<void> {
    try {
      await this.#cluster.join()
    } catch (cause) {
      throw asStoreError(undefined, cause)
    }
  }

  /** Resolves once the others are known, or cannot be asked for: until then nobody can tell where a session is to run. */
  learn(): Promise<void> {
    return this.#cluster.learn()
  }

  /** Whether a session may run here beside those that do. */
  hasRoomFor(sessionId: string): boolean {
    return this.#cluster.hasRoomFor(sessionId)
  }

  /** Whether a session that nobody holds is for this process to start. */
  isPlacedHere(sessionId: string): boolean {
    const place = this.#cluster.placeOf(sessionId)
    return this.hasRoomFor(sessionId) && (place === 'here' || place === 'none')
  }

  /** The result of a restore of a session that another process holds, as far as this one knows without asking. */
  resultElsewhere(sessionId: string): RestoreResult | null {
    return this.#cluster.holdingOf(sessionId)?.process.isSelf === false ? skipped(sessionId, 'owned_elsewhere') : null
  }

  /** The result of a restore of a session that nobody holds, and that is not for this process to start. */
  resultUnplaced(sessionId: string): RestoreResult | null {
    if (this.#options.registry.find(sessionId)?.isActive === true || this.isPlacedHere(sessionId)) return null
    return skipped(sessionId, this.#cluster.placeOf(sessionId) === 'elsewhere' ? 'owned_elsewhere' : 'waiting_for_capacity')
  }

  /** What a session shows that is wanted and that nobody holds; `null` when no process takes sessions. */
  unplaced(sessionId: string): UnplacedStatus | null {
    switch (this.#cluster.placeOf(sessionId)) {
      case 'here':
      case 'elsewhere':
        return { status: 'connecting', reason: 'restoring' }
      case 'full':
        return { status: 'disconnected', reason: 'waiting_for_capacity' }
      case 'none':
        return null
    }
  }

  /** Lets a caller start a session here, which takes a place at once. Rejects with `OWNED_ELSEWHERE` when there is none, and names a member that has one. */
  start<Result>(sessionId: string, work: () => Promise<Result>): Promise<Result> {
    const hasPlace = this.#sessions.isRunning(sessionId) || this.hasRoomFor(sessionId)
    return hasPlace ? this.#sessions.start(sessionId, work) : this.#refuse(sessionId)
  }

  /** The members, as they are now. Rejects when they cannot be asked for. */
  async members(): Promise<ClusterMember[]> {
    try {
      return (await this.#cluster.members()).map(memberOf)
    } catch (cause) {
      throw asStoreError(undefined, cause)
    }
  }

  /** Hands the sessions over. Resolves with those that others go on with, and those that were closed too early. */
  drain(timeoutMs: number): ReturnType<Cluster['drain']> {
    this.begin()
    return this.#cluster.drain(timeoutMs)
  }

  /** Leaves the cluster. */
  close(): Promise<void> {
    return this.#cluster.close()
  }

  /** Tells the others where a session stands, if its lock is held here; else what its holder says of it, which may have been told before it was given up here. */
  note(snapshot: SessionSnapshot): void {
    const { sessionId, reason } = snapshot
    const lease = this.#options.registry.find(sessionId)?.lease ?? null
    // What is being handed over is not elsewhere yet: the last note stays.
    if (lease !== null && reason !== 'owned_elsewhere') this.#notes.note(sessionId, lease.fencingToken, standingOf(snapshot, this.#cluster.noteOf(sessionId)))
    else if (reason === 'owned_elsewhere') this.#foundElsewhere(snapshot)
  }

  #foundElsewhere(snapshot: SessionSnapshot): void {
    this.#cluster.consider(snapshot.sessionId)
    // After the status that it follows was told.
    queueMicrotask(() => this.#tellHolding(snapshot))
  }

  #renote(sessionId: string): void {
    const session = this.#options.registry.find(sessionId)
    if (session !== undefined) this.note(session.snapshot)
  }

  async #refuse(sessionId: string): Promise<never> {
    const owner = await this.#options.owners.find(sessionId)
    if (owner !== null) throw ownedElsewhere(sessionId, owner)
    const member = await this.#cluster.memberWithRoom(sessionId).catch(() => null)
    throw noRoom(sessionId, member === null ? null : memberOf(member))
  }

  #tellElsewhere(changes: readonly ViewedChange[]): void {
    for (const { sessionId, before, after } of changes) {
      if (this.#sessions.isRunning(sessionId)) continue
      if (after !== null || before === null || !this.#cluster.isThere(before.process.id)) this.#tell(sessionId, before, after)
      // Given back, and not left by a process that is gone: it may have been stopped. What is on its way is told by whoever takes it.
      else if ((before.standing?.offeredTo ?? null) === null) void this.#tellFreed(sessionId, before)
    }
  }

  #tell(sessionId: string, before: ViewedHolding | null, after: ViewedHolding | null): void {
    this.#options.announcer.statusElsewhere(this.#view(sessionId, after), this.#view(sessionId, before))
  }

  /** Looks what was stored of it. A store that cannot be asked says nothing: whoever takes it will. */
  async #tellFreed(sessionId: string, before: ViewedHolding): Promise<void> {
    const { lookup, announcer } = this.#options
    const found = await lookup.look(sessionId).catch(() => null)
    if (found?.owner === null && !this.#sessions.isRunning(sessionId)) announcer.statusElsewhere(lookup.view(found), this.#view(sessionId, before))
  }

  #tellHolding(snapshot: SessionSnapshot): void {
    const { sessionId } = snapshot
    const holding = this.#cluster.holdingOf(sessionId)
    const isElsewhere = holding?.process.isSelf === false && !this.#sessions.isRunning(sessionId)
    if (isElsewhere) this.#options.announcer.statusElsewhere(this.#view(sessionId, holding), snapshot)
  }

  #view(sessionId: string, holding: ViewedHolding | null): SessionSnapshot {
    const { messages } = this.#options
    const standing = holding?.standing ?? null
    if (holding !== null && standing !== null) {
      const { process, address } = holding
      return viewElsewhere({ sessionId, owner: { owner: process.owner, address }, standing, record: null }, messages)
    }
    const { status, reason } = holding === null ? (this.unplaced(sessionId) ?? NOT_RUNNING) : OWNED_ELSEWHERE
    const owner = holding?.process.owner ?? null
    return {
      sessionId,
      status,
      reason,
      isConnected: false,
      message: describeStatus(status, reason, messages),
      since: new Date(),
      owner,
      isLocal: owner === null,
    }
  }
}

function skipped(sessionId: string, reason: 'owned_elsewhere' | 'waiting_for_capacity'): RestoreResult {
  return { sessionId, outcome: 'skipped', reason, durationMs: 0 }
}

/** This process runs as many as it may, or is about to end. */
function noRoom(sessionId: string, member: ClusterMember | null): SessionError {
  const where =
    member === null
      ? 'No process of the cluster has room: start another one'
      : `Call process ${member.owner}${member.address === null ? '' : ` (${member.address})`}, which has room`
  return new SessionError('OWNED_ELSEWHERE', `This process takes no more sessions, so session "${sessionId}" was not started. ${where}.`, {
    sessionId,
    owner: member?.owner,
    ownerAddress: member?.address ?? undefined,
  })
}
