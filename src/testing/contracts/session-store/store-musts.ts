/** What the documentation of `SessionStore` demands, in its words; a test compares. */
export const STORE_MUST = {
  leaveOut:
    'leave absent records out of what `read` resolves with, and reject for every other failure: missing is never an error, and an error is never "missing"',
  restored: 'mark with `restoredFrom` a record for which it had to take a copy of its own, as it was last written, and no other; a copy goes with its record',
  keepValues: 'keep values as they are, for they are opaque text; unknown types pass through unchanged',
  allOrNone: 'make `write` visible to every later `read`, all of one call or, when it rejects, as a rule none',
  lastCounts: 'Of several changes to one record the last one counts',
  refuseWhole: 'a change that cannot be stored, such as a value that is no text, refuses the whole call',
  replaceAll: 'remove with `replaceAll` every record that is not among the changes, in the same step, also when there are no changes',
  inOrder: 'carry out the writes of one session in the order in which they were called, and lose none of those that were called at once',
  copies: 'take and hand out copies: what a caller does to its objects later changes nothing',
  durable: 'resolve `write` and `delete` only when the change survives the end of the process (a memory store: its own lifetime)',
  staleToken: 'reject a write or delete with `STALE_WRITER` when its token is older than the newest one handed out for that id (`NaN` is older than any)',
  noToken: 'one without a token while somebody holds the lock',
  newestToken: 'The newest token is good as often as it comes',
  distinct: 'keep distinct ids and keys distinct, whatever characters they hold',
  refuseId:
    'A session id that cannot be kept (too long, empty, with control characters or half characters, in another case than one that is there) is refused with `INVALID_SESSION_ID`',
  list: 'list every id that it holds anything for, once, readable or not, also while it is written to',
  deleteAll: 'remove with `delete` everything of a session, and nothing of another',
  deleteNothing: 'make deletes of what is not there, `delete` and `close` succeed',
  closed: 'give back its leases with `close`, and reject calls after it with `STORE_UNAVAILABLE`',
} as const
