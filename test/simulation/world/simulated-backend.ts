import { type RecordChange, type RecordKey, SessionError } from '../../../src/index.js'
import { assertCurrentWriter } from '../../../src/lease/session-lock.js'
import { parseHolder } from '../../../src/lease/holder.js'
import type { LeasedEngine } from '../../support/leased-engine.js'
import type { Records, StoreCall } from '../observer.js'

/** The newest lease of a session. */
interface Claim {
  readonly token: number
  readonly owner: string
  readonly lost: AbortController
  isHeld: boolean
}

const NOTHING: Records = new Map()

/** The name of a record. */
export const recordName = ({ type, id }: RecordKey): string => `${type}/${id}`

/** What is really stored, and who really holds which lock: the truth behind every store of the world. */
export class SimulatedBackend {
  readonly #sessions = new Map<string, Records>()
  readonly #claims = new Map<string, Claim>()
  /** What keeps the locks instead, when it ends leases by itself. */
  readonly engine: LeasedEngine | null
  #strangers = 0

  constructor(engine: LeasedEngine | null = null) {
    this.engine = engine
  }

  /** The ids of all sessions. */
  sessionIds(): string[] {
    return [...this.#sessions.keys()]
  }

  /** The records of a session. */
  records(sessionId: string): Records {
    return this.#sessions.get(sessionId) ?? NOTHING
  }

  /** One record. */
  text(sessionId: string, type: string): string | undefined {
    return this.records(sessionId).get(recordName({ type, id: '' }))
  }

  /** Who holds the lock of a session. */
  holder(sessionId: string): { readonly owner: string; readonly token: number } | null {
    if (this.engine !== null) {
      const owner = parseHolder(this.engine.holderOf(sessionId)?.text ?? '')?.owner
      return owner === undefined ? null : { owner, token: this.engine.look(sessionId).token }
    }
    const claim = this.#claims.get(sessionId)
    return claim?.isHeld === true ? claim : null
  }

  /** Applies changes, all or none. Returns what was there before and what is there now. */
  change(
    { sessionId, fencingToken, changes }: Pick<StoreCall, 'sessionId' | 'fencingToken' | 'changes'>,
    replaceAll: boolean,
  ): { before: Records; after: Records } {
    const id = sessionId ?? ''
    this.#check(id, fencingToken)
    const before = this.records(id)
    const after = new Map(replaceAll ? NOTHING : before)
    for (const change of changes) this.#apply(after, change)
    if (after.size === 0) this.#sessions.delete(id)
    else this.#sessions.set(id, after)
    return { before, after }
  }

  /** Takes the lock; `null` when it is held. */
  acquire(sessionId: string, owner: string): Claim | null {
    const newest = this.#claims.get(sessionId)
    if (newest?.isHeld === true) return null
    const claim: Claim = { token: (newest?.token ?? 0) + 1, owner, lost: new AbortController(), isHeld: true }
    this.#claims.set(sessionId, claim)
    return claim
  }

  /** A process that is not ours takes the lock when it is free. Returns what gives it back. */
  occupy(sessionId: string): (() => void) | null {
    const { engine } = this
    if (engine === null) {
      const claim = this.acquire(sessionId, 'somebody else')
      return claim === null ? null : () => void (claim.isHeld = false)
    }
    if (engine.holderOf(sessionId) !== null) return null
    this.#strangers += 1
    const nonce = `somebody else ${this.#strangers}`
    engine.grant(sessionId, nonce)
    const { token } = engine.look(sessionId)
    return () => engine.release({ sessionId, token, nonce }, { isLast: true })
  }

  /** Takes a lease away from its holder, and tells it why. */
  lose(sessionId: string, how: 'taken' | 'expired'): void {
    const claim = this.#claims.get(sessionId)
    if (claim?.isHeld !== true) return
    claim.isHeld = false
    const code = how === 'taken' ? 'STALE_WRITER' : 'LEASE_EXPIRED'
    claim.lost.abort(new SessionError(code, `The lease was lost: ${how}.`, { sessionId }))
  }

  /** Removes all that is stored of a session, whoever holds its lock. */
  wipe(sessionId: string): void {
    this.#sessions.delete(sessionId)
  }

  /** The error of a backend that cannot be reached. */
  unavailable(sessionId: string | null): SessionError {
    return new SessionError('STORE_UNAVAILABLE', 'The simulated backend cannot be reached.', { sessionId: sessionId ?? undefined })
  }

  #check(sessionId: string, fencingToken: number | undefined): void {
    if (this.engine !== null) {
      this.engine.check(sessionId, fencingToken)
      return
    }
    const claim = this.#claims.get(sessionId)
    if (claim !== undefined) assertCurrentWriter({ sessionId, fencingToken, newestToken: claim.token, isHeld: claim.isHeld })
  }

  #apply(records: Map<string, string>, { value, ...key }: RecordChange): void {
    if (value === null) records.delete(recordName(key))
    else records.set(recordName(key), value)
  }
}
