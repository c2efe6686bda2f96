/** What the documentation of `LockCluster` demands, in its words; a test compares. */
export const CLUSTER_MUST = {
  shown:
    'show a process that has announced itself until it leaves, or is gone: an engine that ends leases by itself shows it no longer than its lease lasts. While it is announced it renews that lease, with or without locks',
  notes:
    'keep in `note` one text for each lock, replace the last one, and drop it when the lease ends, however it ends: nobody is ever shown what another holder has noted. A note under a lease that has ended changes nothing',
  news: 'tell in the first news of a follower every lock that a member holds, and afterwards each that was taken, given back or noted since the last news, at least once',
  processes: 'name every process that lives and holds a lock or has announced itself, in all news',
  drain: 'tell everybody of a member that it was asked to drain, until it leaves; `askToDrain` finds members alone',
  cost: 'cost one step of the engine for each call of `next` when nothing happened, whatever the number of sessions',
  outage: 'reject with `STORE_UNAVAILABLE` when the engine cannot be asked',
} as const
