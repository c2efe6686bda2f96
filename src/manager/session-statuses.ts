import { mapConcurrently } from '../async/map-concurrently.js'
import type { SessionError } from '../errors.js'
import type { ConnectionRecord } from '../repository/connection-repository.js'
import type { StoredOrMissing } from '../session/missing-credentials.js'
import type { Session } from '../session/session.js'
import type { SessionSnapshot } from '../status/session-status.js'
import { STATUS_REASONS, type StatusReason } from '../status/status-reasons.js'
import { asStoreError } from '../store/store-failure.js'
import type { OwnerLookup, SessionOwner } from './owner-lookup.js'
import type { SessionRegistry } from './session-registry.js'
import type { SessionRestorer } from './session-restorer.js'
import type { Found, StatusLookup } from './status-lookup.js'

/** What answering for the status of sessions works with. */
export interface SessionStatusesOptions {
  registry: SessionRegistry
  owners: OwnerLookup
  lookup: StatusLookup
  restorer: SessionRestorer
  /** Whether a session that nobody holds is for this process to start. */
  isPlacedHere: (sessionId: string) => boolean
  onError: (error: SessionError) => void
}

/** How many sessions are looked at, at once, when all are asked for. */
const LOOKS_AT_ONCE = 16

/** Answers where sessions stand: what runs here knows best; for the rest the store, the lock and the repository are asked. */
export class SessionStatuses {
  readonly #options: SessionStatusesOptions

  constructor(options: SessionStatusesOptions) {
    this.#options = options
  }

  /** Where a session stands that runs here; `null` when it does not. Asked so often that it makes no promise. */
  running(sessionId: string): SessionSnapshot | null {
    const known = this.#options.registry.find(sessionId)
    return known?.isRunning === true ? known.snapshot : null
  }

  /** Where a session stands that this process has; `undefined` for any other, and for one of which nothing is there any more. */
  peek(sessionId: string): SessionSnapshot | undefined {
    const session = this.#options.registry.find(sessionId)
    if (session === undefined || !(session.isActive || session.isResting)) return undefined
    const { snapshot } = session
    return snapshot.reason === 'never_paired' ? undefined : snapshot
  }

  /** Where a session stands. When it is `wanted`, one that is stored and that nobody runs is restored in the background. */
  async find(sessionId: string, isWanted: boolean): Promise<SessionSnapshot> {
    const { registry, lookup, isPlacedHere } = this.#options
    const running = this.running(sessionId)
    if (running !== null) return running
    const wasUnwritten = registry.find(sessionId)?.isUnwritten === true
    const found = await lookup.look(sessionId)
    const session = registry.find(sessionId)
    if (session !== undefined && speaksForItself(session, found, wasUnwritten)) return session.snapshot
    return isWanted && isRestorable(found) && isPlacedHere(sessionId) ? this.#restore(found) : lookup.view(found)
  }

  /** Where each of these sessions stands. What other processes keep of theirs is one question for all; the others are looked at. */
  async all(known: ReadonlyMap<string, ConnectionRecord | null>): Promise<SessionSnapshot[]> {
    const isAllHere = [...known.keys()].every((sessionId) => this.running(sessionId) !== null)
    const owners = isAllHere ? null : await this.#options.owners.findAll()
    const statuses = await mapConcurrently([...known], LOOKS_AT_ONCE, async ([sessionId, record]) => {
      const owner = owners?.get(sessionId)
      const kept = owner === undefined ? null : this.#kept(sessionId, owner, record)
      return kept ?? this.#tryToFind(sessionId)
    })
    return statuses.filter((status) => status !== null)
  }

  /** Where a session stands by what its owner keeps; `null` when that is this process, or keeps nothing. */
  #kept(sessionId: string, owner: SessionOwner, record: ConnectionRecord | null): SessionSnapshot | null {
    const session = this.#options.registry.find(sessionId)
    const isHere = session !== undefined && (session.isRunning || session.isEnding || session.owner === owner.owner)
    return isHere ? null : this.#options.lookup.viewKept(sessionId, owner, record)
  }

  /** One session that cannot be looked at does not hide the others. */
  async #tryToFind(sessionId: string): Promise<SessionSnapshot | null> {
    try {
      return await this.find(sessionId, false)
    } catch (cause) {
      this.#options.onError(asStoreError(sessionId, cause))
      return null
    }
  }

  #restore(found: Found): SessionSnapshot {
    const { registry, lookup, restorer } = this.#options
    const { sessionId, metadata, phoneNumber } = lookup.view(found)
    const session = registry.ensure(sessionId)
    session.recall({ metadata, phoneNumber })
    session.beginRestore('poll')
    // Shares the start that was just made, and tells how it ended.
    restorer.restore(sessionId, 'poll').catch(() => undefined)
    return session.snapshot
  }
}

function speaksForItself(session: Session, found: Found, wasUnwritten: boolean): boolean {
  if (session.isRunning || session.isEnding) return true
  return session.isResting && found.owner === null && isBelieved(session, found, wasUnwritten)
}

/** What came to its end here is believed as far as the store does not know better by now, and was not asked too early. */
function isBelieved(session: Session, { decision, stored }: Found, wasUnwritten: boolean): boolean {
  const { snapshot } = session
  // Of one that had nothing stored nothing is known.
  if (snapshot.reason === 'never_paired') return false
  switch (decision.action) {
    case 'probe':
      return true
    case 'rest':
      return isNothingPaired(stored) || hasFailedToPairAgain(decision.reason, snapshot) || isSame(decision, snapshot)
    case 'dial':
    case 'pair':
    case 'cool-down':
      return wasUnwritten || (stored.kind === 'readable' && session.knowsBetter(stored.lifecycle))
  }
}

function isSame(decision: Pick<SessionSnapshot, 'status' | 'reason'>, snapshot: Pick<SessionSnapshot, 'status' | 'reason'>): boolean {
  return decision.status === snapshot.status && decision.reason === snapshot.reason
}

/** Then only this process knows what came of it: a pairing that expired, a logout. */
function isNothingPaired(stored: StoredOrMissing): boolean {
  return stored.kind === 'absent' || (stored.kind === 'readable' && stored.creds.kind !== 'paired')
}

/** After a logout a new pairing came to nothing here, while the old records still say what they said. */
function hasFailedToPairAgain(stored: StatusReason | null, { status, reason }: Pick<SessionSnapshot, 'status' | 'reason'>): boolean {
  return stored === 'logged_out' && status === 'disconnected' && reason !== null && STATUS_REASONS[reason].endsPairing === true
}

function isRestorable({ decision: { action }, owner }: Found): boolean {
  return (action === 'dial' || action === 'cool-down') && owner === null
}
