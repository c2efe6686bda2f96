/** A holder, and when it was last heard of. */
export interface HolderSign {
  /** The `Holder` as JSON. It may be damaged, or have more in it. */
  readonly text: string
  /** Its last beat, or when it took the lock, whichever is later. */
  readonly lastSignAt: number
  /** Whether it was found in a copy of the table: then its holder has another one, as far as can be told. */
  readonly isOfCopy?: boolean
}

/** What names a lease in its table. */
export interface LeaseKey {
  /** The session. */
  readonly sessionId: string
  /** Its fencing token. */
  readonly token: number
  /** The holder's. */
  readonly nonce: string
}

/** How a lock is given back. */
export interface ReleaseOptions {
  /** Whether its holder has no other lease. */
  readonly isLast: boolean
}
