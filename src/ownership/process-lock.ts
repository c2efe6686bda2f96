import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { SessionError } from '../errors.js'
import type { SessionLease, SessionLock } from './session-lock.js'

/** A {@link SessionLock} for stores that only one process uses, with the check that such a store makes before it writes. */
export interface ProcessLock extends SessionLock {
  /**
   * Throws `STALE_WRITER` when `fencingToken` is older than the newest one handed out for this id, or when there is none
   * while somebody holds the lock. A store calls it first thing in `write` and `delete`.
   */
  check(sessionId: string, fencingToken?: number): void
}

/**
 * Makes a lock that lives in this object: it keeps apart everything that shares the object, and nothing else. Tokens
 * rise for as long as the object lives. Right for a store that a single process uses, such as a fake in a test.
 */
export function processLock(): ProcessLock {
  return new InProcessLock()
}

/** What is known of one id: the newest token, and whether its lease is still held. */
interface Claim {
  token: number
  isHeld: boolean
}

class InProcessLock implements ProcessLock {
  readonly #claims = new Map<string, Claim>()
  readonly #owner = ownerName(randomBytes(16).toString('hex'))

  async acquire(sessionId: string): Promise<SessionLease | null> {
    const newest = this.#claims.get(sessionId)
    if (newest?.isHeld === true) return null
    const claim: Claim = { token: (newest?.token ?? 0) + 1, isHeld: true }
    this.#claims.set(sessionId, claim)
    return {
      owner: this.#owner,
      fencingToken: claim.token,
      // Nobody can take it away: it ends by release alone.
      lost: new AbortController().signal,
      release: async () => {
        claim.isHeld = false
      },
    }
  }

  async owner(sessionId: string): Promise<string | null> {
    return this.#claims.get(sessionId)?.isHeld === true ? this.#owner : null
  }

  check(sessionId: string, fencingToken?: number): void {
    const { token, isHeld } = this.#claims.get(sessionId) ?? { token: 0, isHeld: false }
    assertCurrentWriter({ sessionId, fencingToken, newestToken: token, isHeld })
  }
}

/**
 * The name under which a process holds locks: `host:pid:nonce`. Seven digits of the nonce are enough to tell two holders of one process
 * apart, and too few to be taken for a phone number, which the command line hides.
 */
export function ownerName(nonce: string): string {
  return `${hostname()}:${process.pid}:${nonce.slice(0, 7)}`
}

/** What decides whether a writer may write. */
export interface WriterClaim {
  /** The session to be written. */
  sessionId: string
  /** The token that came with the write, if any. */
  fencingToken: number | undefined
  /** The newest token handed out for the session; 0 for none. */
  newestToken: number
  /** Whether somebody holds the lock now. */
  isHeld: boolean
}

/** Throws `STALE_WRITER` unless this writer may write; the rule that all stores share. */
export function assertCurrentWriter({ sessionId, fencingToken, newestToken, isHeld }: WriterClaim): void {
  if (fencingToken === undefined) {
    if (!isHeld) return
    throw new SessionError('STALE_WRITER', `Session "${sessionId}" is held under token ${newestToken}, and this write came without a token. Acquire the lock first.`, { sessionId })
  }
  // Written so that NaN is refused too.
  if (fencingToken >= newestToken) return
  throw new SessionError('STALE_WRITER', `Token ${fencingToken} of session "${sessionId}" is older than the newest one, ${newestToken}: another holder has taken over. Nothing was written.`, { sessionId })
}
