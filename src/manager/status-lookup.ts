import { withDeadline } from '../async/deadline.js'
import { readStoredSession } from '../auth/stored-session.js'
import type { SessionError } from '../errors.js'
import type { ConnectionRecord, ConnectionRepository } from '../repository/connection-repository.js'
import { repositoryFailed } from '../repository/repository-follower.js'
import { missingIfKnown, type StoredOrMissing } from '../session/missing-credentials.js'
import { decideStart, type StartDecision } from '../session/start-decision.js'
import type { Session } from '../session/session.js'
import type { SessionSnapshot } from '../status/session-status.js'
import { describeStatus, type StatusMessages } from '../status/status-reasons.js'
import type { SessionStore } from '../store/session-store.js'
import type { OwnerLookup, SessionOwner } from './owner-lookup.js'
import { placeOf, viewElsewhere } from './status-elsewhere.js'

/** What a look at a session found that nobody runs here. */
export interface Found {
  readonly sessionId: string
  readonly stored: StoredOrMissing
  /** What a restore would do. */
  readonly decision: StartDecision
  /** Who runs it elsewhere. */
  readonly owner: SessionOwner | null
  /** What the repository knows of it. */
  readonly record: ConnectionRecord | null
}

/** What a session shows that is wanted and that nobody runs. */
export type UnplacedStatus = Pick<SessionSnapshot, 'status' | 'reason'>

/** What a look works with. */
export interface StatusLookupOptions {
  /** What this manager itself knows of a session, if it has an object for it. */
  known: (sessionId: string) => Pick<Session, 'owner' | 'isPairedHere' | 'snapshot'> | undefined
  store: SessionStore
  owners: OwnerLookup
  repository: ConnectionRepository | undefined
  /** Resolves once it is known who else there is, or that nobody can tell. */
  learn: () => Promise<void>
  /** What a session shows that is wanted and that nobody runs; `null` when nobody is about to start it. */
  unplaced: (sessionId: string) => UnplacedStatus | null
  timeoutMs: number
  messages: StatusMessages
  onError: (error: SessionError) => void
}

/** A status never waits longer than this for the repository, unless it shows the record itself. */
const REPOSITORY_GRACE_MS = 500

/** Looks at sessions without starting anything. Concurrent looks at one session are one. Rejects as {@link readStoredSession} does. */
export class StatusLookup {
  readonly #options: StatusLookupOptions
  readonly #madeAt = new Date()
  readonly #looking = new Map<string, Promise<Found>>()
  /** Sessions that were ended while they were being looked at. */
  readonly #outdated = new Set<string>()
  /** Sessions whose credentials were told to be missing: not each look is to tell it again. */
  readonly #missing = new Set<string>()

  constructor(options: StatusLookupOptions) {
    this.#options = options
  }

  /** Looks at a session, or joins the look under way. */
  look(sessionId: string): Promise<Found> {
    const looking = this.#looking.get(sessionId) ?? this.#lookUntilValid(sessionId).finally(() => this.#forget(sessionId))
    this.#looking.set(sessionId, looking)
    return looking
  }

  /** A session was ended: a look under way may have seen what is no more. */
  outdate(sessionId: string): void {
    if (this.#looking.has(sessionId)) this.#outdated.add(sessionId)
  }

  /** The snapshot of a session that nobody runs here. */
  view(found: Found): SessionSnapshot {
    const { stored, record, sessionId, owner } = found
    const storedNumber = stored.kind === 'readable' && stored.creds.kind === 'paired' ? stored.creds.phoneNumber : undefined
    if (owner === null || owner.standing === null) return this.#viewFound(found, storedNumber ?? record?.phoneNumber ?? undefined)
    return viewElsewhere({ sessionId, owner, standing: owner.standing, record, storedNumber }, this.#options.messages)
  }

  /** The snapshot of a session that another process runs, by what that one keeps alone; `null` when it keeps nothing. */
  viewKept(sessionId: string, owner: SessionOwner, record: ConnectionRecord | null): SessionSnapshot | null {
    const { standing } = owner
    return standing === null ? null : viewElsewhere({ sessionId, owner, standing, record }, this.#options.messages)
  }

  #viewFound(found: Found, phoneNumber: string | undefined): SessionSnapshot {
    const { record, sessionId, owner, decision } = found
    const { status, reason } = this.#standing(found)
    const until = decision.action === 'rest' ? decision.until : null
    const lastDisconnect = record?.lastDisconnect ?? null
    return {
      sessionId,
      status,
      reason,
      isConnected: status === 'connected',
      message: describeStatus(status, reason, this.#options.messages),
      ...(phoneNumber === undefined ? {} : { phoneNumber }),
      ...(until === null ? {} : { restrictedUntil: until }),
      ...(lastDisconnect === null ? {} : { lastDisconnect }),
      since: this.#since(status, found),
      ...placeOf(owner),
      ...(record === null ? {} : { metadata: record.metadata }),
    }
  }

  /** As far as anybody knows: a logout is remembered with its time, and the repository follows; else as long as this manager has looked. */
  #since(status: SessionSnapshot['status'], { stored, record }: Found): Date {
    const loggedOutAt = status === 'logged_out' && 'lifecycle' in stored ? stored.lifecycle.loggedOutAt : null
    return new Date(loggedOutAt ?? (record?.status === status ? record.updatedAt : this.#madeAt))
  }

  #standing({ sessionId, decision, owner, record }: Found): Pick<SessionSnapshot, 'status' | 'reason'> {
    if (owner !== null) {
      const isOwners = record?.owner === owner.owner
      return isOwners ? { status: record.status, reason: record.reason ?? 'owned_elsewhere' } : { status: 'disconnected', reason: 'owned_elsewhere' }
    }
    switch (decision.action) {
      // Nobody is trying: the next look, a restore or a person does.
      case 'probe':
        return { status: 'disconnected', reason: 'storage_unavailable' }
      case 'rest': {
        // After a logout nothing is stored any more, and the repository remembers.
        const isLoggedOut = decision.reason === 'never_paired' && record?.status === 'logged_out'
        return isLoggedOut ? { status: 'logged_out', reason: 'logged_out' } : { status: decision.status, reason: decision.reason }
      }
      case 'dial':
      case 'pair':
      case 'cool-down':
        return this.#options.unplaced(sessionId) ?? { status: 'disconnected', reason: 'not_running' }
    }
  }

  #forget(sessionId: string): void {
    this.#looking.delete(sessionId)
    this.#outdated.delete(sessionId)
  }

  /** A look during which a session was ended may have seen what is no more: it is done again. */
  async #lookUntilValid(sessionId: string): Promise<Found> {
    let found = await this.#look(sessionId)
    while (this.#outdated.delete(sessionId)) found = await this.#look(sessionId)
    return found
  }

  async #look(sessionId: string): Promise<Found> {
    const { store, owners, learn, timeoutMs } = this.#options
    const learning = learn()
    const finding = this.findRecord(sessionId)
    const before = this.#ownerHere(sessionId)
    const stored = await readStoredSession(store, sessionId, timeoutMs)
    const holder = await owners.find(sessionId)
    // A lease of our own is held for a moment also by a session that does not run, and may be given back during the look.
    const isOurs = holder?.owner === before || holder?.owner === this.#ownerHere(sessionId)
    const owner = isOurs ? null : holder
    const record = await this.#inGrace(finding, owner === null || owner.standing !== null)
    await learning
    return this.judge({ sessionId, stored, owner, record })
  }

  /** What follows from what was found. Tells, the first time, that credentials are missing. */
  judge({ sessionId, stored: found, owner, record }: Omit<Found, 'decision'>): Found {
    const { known, onError } = this.#options
    const session = known(sessionId)
    // Whoever runs it elsewhere may be linking a phone.
    const isOpen = found.kind === 'absent' && owner === null
    const stored = isOpen ? missingIfKnown(sessionId, found, { isPairedHere: session?.isPairedHere ?? null, record }) : found
    if (stored.kind !== 'missing') this.#missing.delete(sessionId)
    else if (!this.#missing.has(sessionId)) {
      this.#missing.add(sessionId)
      if (session?.snapshot.reason !== 'credentials_missing') onError(stored.error)
    }
    return { sessionId, stored, decision: decideStart(stored, { purpose: 'restore', force: false }, new Date()), owner, record }
  }

  #ownerHere(sessionId: string): string | null {
    return this.#options.known(sessionId)?.owner ?? null
  }

  /** What the repository knows of a session; `null` when it knows nothing, or cannot be asked. Never rejects. */
  async findRecord(sessionId: string): Promise<ConnectionRecord | null> {
    const { repository, timeoutMs, onError } = this.#options
    if (repository === undefined) return null
    try {
      // Many mappers answer with undefined for what is not there.
      const record: ConnectionRecord | null | undefined = await withDeadline(
        repository.find(sessionId),
        timeoutMs,
        () => new Error(`It did not answer within ${timeoutMs} ms.`),
      )
      return record ?? null
    } catch (cause) {
      onError(repositoryFailed(sessionId, 'find', cause))
      return null
    }
  }

  async #inGrace(finding: Promise<ConnectionRecord | null>, isBrief: boolean): Promise<ConnectionRecord | null> {
    if (!isBrief) return finding
    return withDeadline(finding, REPOSITORY_GRACE_MS, () => new Error('late')).catch(() => null)
  }
}
