import type { DialPriority } from '../disconnect/dial-limiter.js'
import type { ConnectionRecord } from '../repository/connection-repository.js'
import type { Session } from '../session/session.js'
import { outcomeAtRest, type RestoreOrder } from '../session/verb-outcomes.js'
import { STATUS_REASONS } from '../status/status-reasons.js'
import type { RestoreResult } from './restore-report.js'
import { abortedResult } from './restore-run.js'
import type { SessionRegistry } from './session-registry.js'
import type { Found, StatusLookup } from './status-lookup.js'

/** What a restorer works with. */
export interface SessionRestorerOptions {
  registry: SessionRegistry
  lookup: StatusLookup
  /** Whether this process may run a session beside those that it runs. */
  hasRoomFor: (sessionId: string) => boolean
  onRestored: (result: RestoreResult) => void
}

/** How a session is to be restored. */
export interface RestoreWish {
  /** Tries credentials that are remembered as logged out or restricted. */
  readonly force?: boolean
  /** Called when a dial was lost, and the restore goes on; with whether it was not answered at all. */
  readonly onWaiting?: (isUnanswered: boolean) => void
  /** What was found a moment ago, when the session was at rest. */
  readonly found?: Found
}

interface RestoreUnderWay {
  readonly result: Promise<RestoreResult>
  /** Who is told when a dial was lost. */
  readonly listeners: Set<(isUnanswered: boolean) => void>
}

/** Restores sessions; everybody who asks for the same one shares one restore. */
export class SessionRestorer {
  readonly #options: SessionRestorerOptions
  readonly #restoring = new Map<string, RestoreUnderWay>()
  /** Sessions that were ended while they were being restored. */
  readonly #calledOff = new Set<string>()

  constructor(options: SessionRestorerOptions) {
    this.#options = options
  }

  /** Restores a session, or joins the restore under way. */
  restore(sessionId: string, priority: DialPriority, wish: RestoreWish = {}): Promise<RestoreResult> {
    const { onWaiting } = wish
    const known = this.#restoring.get(sessionId)
    const underWay = known ?? this.#begin(sessionId, priority, wish)
    if (onWaiting !== undefined) underWay.listeners.add(onWaiting)
    if (known === undefined) return underWay.result
    this.#options.registry.find(sessionId)?.promote(priority)
    // What was remembered stopped the one under way, and is what force is there to override.
    return wish.force === true ? known.result.then((result) => (isRemembered(result) ? this.restore(sessionId, priority, wish) : result)) : known.result
  }

  #begin(sessionId: string, priority: DialPriority, { force = false, found }: RestoreWish): RestoreUnderWay {
    const listeners = new Set<(isUnanswered: boolean) => void>()
    const onWaiting = (isUnanswered: boolean): void => {
      for (const tell of listeners) tell(isUnanswered)
    }
    const result = this.#restore(sessionId, { force, priority, onWaiting }, found).finally(() => {
      this.#restoring.delete(sessionId)
      this.#calledOff.delete(sessionId)
    })
    const underWay = { result, listeners }
    this.#restoring.set(sessionId, underWay)
    return underWay
  }

  /** A session was stopped, logged out or deleted: a restore that still looks at what was stored must not start it any more. */
  callOff(sessionId: string): void {
    if (this.#restoring.has(sessionId)) this.#calledOff.add(sessionId)
  }

  /** The result of a session for which nothing has to be started; `null` when it has to be. */
  resultAtRest(found: Found): RestoreResult | null {
    const { sessionId, decision, stored, owner } = found
    if (this.#staysStopped(found)) return { sessionId, outcome: 'skipped', reason: 'stopped', durationMs: 0 }
    if (decision.action !== 'rest' || owner !== null) return null
    const error = 'error' in stored ? { error: stored.error } : {}
    return { sessionId, ...outcomeAtRest({ reason: decision.reason, tried: false }), ...error, durationMs: 0 }
  }

  /** Stopped here, although that could not be written. */
  #staysStopped({ sessionId, stored }: Found): boolean {
    const session = this.#options.registry.find(sessionId)
    if (session?.isResting !== true || session.snapshot.reason !== 'stopped') return false
    return stored.kind === 'unavailable' || (stored.kind === 'readable' && session.knowsBetter(stored.lifecycle))
  }

  async #restore(sessionId: string, how: RestoreOrder, found: Found | undefined): Promise<RestoreResult> {
    const startedAt = Date.now()
    const result = await this.#start(sessionId, how, found)
    const timed = { ...result, durationMs: Date.now() - startedAt }
    this.#options.onRestored(timed)
    return timed
  }

  /** A session that is not there, or not to be restored, is told from a look: no object is made for it. */
  async #start(sessionId: string, how: RestoreOrder, seen: Found | undefined): Promise<RestoreResult> {
    const { registry, hasRoomFor } = this.#options
    const known = registry.find(sessionId)
    if (known?.isRunning === true) return this.#run(known, how)
    const found = seen ?? (await this.#lookAtRest(sessionId))
    // Force overrides what is remembered of credentials; where there are none it changes nothing.
    const settled = how.force && overridable(found) ? null : this.resultAtRest(found)
    if (settled !== null) return settled
    if (this.#calledOff.has(sessionId)) return abortedResult(sessionId)
    if (found.owner === null && !hasRoomFor(sessionId)) return { sessionId, outcome: 'skipped', reason: 'waiting_for_capacity', durationMs: 0 }
    const session = registry.ensure(sessionId)
    session.recall({ metadata: found.record?.metadata })
    return this.#run(session, how)
  }

  /** What is being ended has to be ended before anybody can tell what is left of it. */
  async #lookAtRest(sessionId: string): Promise<Found> {
    const { registry, lookup } = this.#options
    let found = await lookup.look(sessionId)
    for (let session = registry.find(sessionId); session?.isEnding === true; session = registry.find(sessionId)) {
      await session.settled()
      // Nothing is started any more, whatever is left of it.
      if (session.isClosing) break
      found = await lookup.look(sessionId)
    }
    return found
  }

  async #run(session: Session, how: RestoreOrder): Promise<RestoreResult> {
    return { sessionId: session.id, ...(await session.restore(how)), durationMs: 0 }
  }
}

function overridable({ stored }: Found): boolean {
  return stored.kind === 'readable' && stored.creds.kind === 'paired'
}

function isRemembered({ outcome, reason }: RestoreResult): boolean {
  return reason !== null && STATUS_REASONS[reason].forceable === true && outcome === outcomeAtRest({ reason, tried: false }).outcome
}

/** Whether a record claims something else than a look has found. */
export function contradicts(record: ConnectionRecord | null, found: { status: string; reason: string | null }): boolean {
  return record !== null && (record.status !== found.status || record.reason !== found.reason || record.owner !== null)
}
