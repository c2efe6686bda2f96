/** What the documentation of `SessionLock` demands, in its words; a test compares. */
export const LOCK_MUST = {
  nullWhenHeld: 'resolve `acquire` with `null` only when somebody holds the lock; a backend that fails rejects with `STORE_UNAVAILABLE`, and so does `owner`',
  oneHolder: 'never hand out the lock while a live holder has it, to one of many who ask at once either; a holder that died is replaced',
  distinct: 'keep distinct ids distinct, or refuse one that cannot be kept with `INVALID_SESSION_ID`',
  rising:
    'hand out tokens, safe integers, that are greater than every one handed out before for that id, also after a release, a `delete` of the session and a restart',
  owner:
    'name the holder in `owner` as its lease does, for everything that shares the lock, and answer `null` when nobody holds it (`undefined` is taken for it)',
  lost: 'abort `lost` when the lease is known to be lost, and not merely because the backend could not be asked, nor by a release',
  expiry:
    'end a lease also when its time ran out unrenewed, if the backend ends leases by itself: abort `lost` before anybody else can get the lock, with a `SessionError` `LEASE_EXPIRED` as the reason; with any other reason somebody else counts as its holder',
  release: "make `release` idempotent, and never let it free somebody else's lease",
} as const
