import { withDeadline } from '../async/deadline.js'
import { parseCard } from '../cluster/member-card.js'
import { parseStanding, type Standing } from '../cluster/standing.js'
import { isSessionError } from '../errors.js'
import type { ClusterProcess } from '../lease/lock-cluster.js'
import { findOwner, type SessionLock } from '../lease/session-lock.js'
import { ownedElsewhere, type ProcessName } from '../session/session-refusals.js'

/** A process that holds the lock of a session, with what it keeps beside it. */
export interface SessionOwner extends ProcessName {
  /** `null` when it keeps nothing there: it is no member of a cluster, or the store has none. */
  readonly standing: Standing | null
}

/** What looking for owners works with. */
export interface OwnerLookupOptions {
  readonly lock: SessionLock
  readonly timeoutMs: number
}

/** A refusal never waits longer than this for a name. */
const NAME_GRACE_MS = 500

/** Asks the lock who holds sessions. A lock that cannot be asked names nobody: whoever wants a session has to take its lock, and finds out. */
export class OwnerLookup {
  readonly #options: OwnerLookupOptions

  constructor(options: OwnerLookupOptions) {
    this.#options = options
  }

  /** Who holds the lock of a session; `null` when nobody does. Never rejects. */
  find(sessionId: string, timeoutMs: number = this.#options.timeoutMs): Promise<SessionOwner | null> {
    return inTime(this.#ask(sessionId), timeoutMs)
  }

  /** Everybody who holds the lock of a session, by session, in one question; `null` when the lock cannot tell. Never rejects. */
  async findAll(): Promise<ReadonlyMap<string, SessionOwner> | null> {
    const { lock, timeoutMs } = this.#options
    if (lock.cluster === undefined) return null
    const news = await inTime(lock.cluster.follow().next(), timeoutMs)
    if (news === null) return null
    const processes = new Map(news.processes.map((process) => [process.id, process]))
    const owners = new Map<string, SessionOwner>()
    for (const { sessionId, processId, text } of news.locks) {
      const process = processId === null ? undefined : processes.get(processId)
      if (process === undefined) owners.delete(sessionId)
      else owners.set(sessionId, ownerOf(process, text))
    }
    return owners
  }

  /** Works; says in an `OWNED_ELSEWHERE` that does not name the owner which process that is. */
  async naming<Result>(sessionId: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      if (!isSessionError(error, 'OWNED_ELSEWHERE') || error.owner !== undefined) throw error
      const owner = await this.find(sessionId, NAME_GRACE_MS)
      throw owner === null ? error : ownedElsewhere(sessionId, owner)
    }
  }

  async #ask(sessionId: string): Promise<SessionOwner | null> {
    const { lock } = this.#options
    if (lock.cluster !== undefined) {
      const holding = await lock.cluster.holding(sessionId)
      return holding === null ? null : ownerOf(holding.process, holding.text)
    }
    const owner = await findOwner(lock, sessionId)
    return owner === null ? null : { owner, address: null, standing: null }
  }
}

function ownerOf({ owner, text }: ClusterProcess, note: string | null): SessionOwner {
  const card = text === null ? null : parseCard(text)
  return { owner, address: card?.address ?? null, standing: note === null ? null : parseStanding(note) }
}

async function inTime<Answer>(asking: Promise<Answer>, timeoutMs: number): Promise<Answer | null> {
  return withDeadline(asking, timeoutMs, () => new Error('late')).catch(() => null)
}
