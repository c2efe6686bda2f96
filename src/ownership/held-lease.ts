import { SessionError } from '../errors.js'
import type { SessionLease } from './session-lock.js'

/** A lease that a lock handed out and that has not ended. */
export interface HeldLease {
  /** The session. */
  readonly sessionId: string
  /** Its fencing token. */
  readonly token: number
  /** Aborts what its holder sees as `lost`. */
  readonly lost: AbortController
}

/** A lease as its holder sees it. It is released once; a release that failed can be tried again. */
export function handedOut(owner: string, { token, lost }: HeldLease, release: () => Promise<void>): SessionLease {
  let releasing: Promise<void> | undefined
  return {
    owner,
    fencingToken: token,
    lost: lost.signal,
    release: () => {
      releasing ??= release().catch((error: unknown) => {
        releasing = undefined
        throw error
      })
      return releasing
    },
  }
}

/** Tells the holder of a lease that somebody was handed a newer token. */
export function tellLost({ sessionId, token, lost }: HeldLease, newestToken: number): void {
  lost.abort(new SessionError('STALE_WRITER', `The lock of session "${sessionId}" is not ours any more: its newest token is ${newestToken}, and ours was ${token}.`, { sessionId }))
}
