import { isSessionError, SessionError } from '../errors.js'

/** A newer token is out: somebody else has taken the lock. */
export function takenBySomebody(sessionId: string, token: number, newestToken: number): SessionError {
  return new SessionError(
    'STALE_WRITER',
    `This process no longer holds the lock of session "${sessionId}": the newest token is ${newestToken}, and its own is ${token}.`,
    { sessionId },
  )
}

/** Somebody wiped the locks, or put older ones in their place: nobody has taken this one. */
export function forgotten(sessionId: string): SessionError {
  return new SessionError('LEASE_EXPIRED', `The store no longer knows the lease of session "${sessionId}". As far as is known, nobody else has it.`, {
    sessionId,
  })
}

/** The engine has ended the lease, or will at any time, since nothing was heard of this process. */
export function ranOut(sessionId: string): SessionError {
  return new SessionError(
    'LEASE_EXPIRED',
    `The lease of session "${sessionId}" expired, because this process could not tell the store that it is alive. As far as is known, nobody else has it.`,
    { sessionId },
  )
}

/** All that can go wrong when one looks at processes is that this one has no descriptor left. */
export function blind(what: string, cause: unknown): SessionError {
  if (isSessionError(cause)) return cause
  return new SessionError('STORE_UNAVAILABLE', `This process cannot find out ${what}, because it has too many open files. Raise its limit (ulimit -n).`, {
    cause,
  })
}
