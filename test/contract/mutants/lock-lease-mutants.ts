import { SessionError } from '../../../src/errors.js'
import type { SessionLease } from '../../../src/lease/session-lock.js'
import { LOCK_MUST } from '../../../src/testing/contracts/session-lock/lock-musts.js'
import { aroundAcquire, refusal } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import type { SharedLock } from './shared-memory.js'

const TOKENS_RISE = 'tokens are safe integers, and rise after each release'
const OWNER = 'owner names the holder, and nobody when nobody holds the lock'
const TOLD = 'a holder that was replaced is told, and its release frees nobody else'
const OUTLIVES = 'a lease outlives an outage, and can be released after it'
const RAN_OUT = 'a lease that was not renewed in time has ended, says so, and can be taken again'
const LATE_AFTER_TIME = 'the release of a lease that ran out frees nobody else'
const LATE = 'a late release does not free the lease of the next holder'

/** Changes every lease that is handed out. */
function changeLeases(lock: SharedLock, changed: (lease: SessionLease, sessionId: string) => Partial<SessionLease>): void {
  const handOut = lock.handOut.bind(lock)
  lock.handOut = (sessionId) => {
    const lease = handOut(sessionId)
    return { ...lease, ...changed(lease, sessionId) }
  }
}

/** Hands out other tokens. */
function changeTokens(changed: (token: number, lock: SharedLock) => number): (lock: SharedLock) => void {
  return (lock) => changeLeases(lock, ({ fencingToken }) => ({ fencingToken: changed(fencingToken, lock) }))
}

/** What is handed out. */
export const TOKENS: readonly Mutant<SharedLock>[] = [
  {
    name: 'hands out one token for ever',
    must: LOCK_MUST.rising,
    caughtBy: [TOKENS_RISE, 'a lock that goes from hand to hand has one holder at a time, each with a greater token'],
    breakIt: changeTokens(() => 1),
  },
  { name: 'hands out tokens that fall', must: LOCK_MUST.rising, caughtBy: [TOKENS_RISE], breakIt: changeTokens((token) => 1000 - token) },
  { name: 'hands out fractions', must: LOCK_MUST.rising, caughtBy: [TOKENS_RISE], breakIt: changeTokens((token) => token / 2) },
  { name: 'hands out tokens beyond the safe integers', must: LOCK_MUST.rising, caughtBy: [TOKENS_RISE], breakIt: changeTokens((token) => 2 ** 53 + token * 2) },
  { name: 'hands out tokens that are no numbers', must: LOCK_MUST.rising, caughtBy: [TOKENS_RISE], breakIt: changeTokens(() => NaN) },
  {
    name: 'counts anew after a release',
    must: LOCK_MUST.rising,
    caughtBy: [TOKENS_RISE],
    breakIt: (lock) =>
      changeLeases(lock, ({ release }, sessionId) => ({
        release: async () => {
          await release()
          lock.memory.claims.delete(sessionId)
        },
      })),
  },
  {
    name: 'counts for each process',
    must: LOCK_MUST.rising,
    caughtBy: ['tokens rise from process to process'],
    breakIt: (lock) => {
      let newest = 0
      changeTokens(() => ++newest)(lock)
    },
  },
  {
    name: 'replaces a dead holder under its token',
    must: LOCK_MUST.oneHolder,
    caughtBy: ['a holder that seems dead is replaced, by one with a greater token'],
    breakIt: (lock) => {
      const takeOver = lock.takeOver.bind(lock)
      lock.takeOver = (sessionId) => ({ ...takeOver(sessionId), fencingToken: 1 })
    },
  },
  {
    name: 'knows of no owner',
    must: LOCK_MUST.owner,
    caughtBy: [OWNER],
    breakIt: (lock) => {
      lock.owner = async () => null
    },
  },
  {
    name: 'names the session as owner',
    must: LOCK_MUST.owner,
    caughtBy: [OWNER],
    breakIt: (lock) => changeLeases(lock, (_, sessionId) => ({ owner: sessionId })),
  },
  { name: 'has no name', must: LOCK_MUST.owner, caughtBy: [OWNER], breakIt: (lock) => Object.assign(lock, { name: '' }) },
  {
    name: 'names the last owner',
    must: LOCK_MUST.owner,
    caughtBy: [OWNER],
    breakIt: (lock) => {
      lock.owner = async (sessionId) => {
        lock.memory.assertUp()
        return lock.newest(sessionId).token > 0 ? lock.name : null
      }
    },
  },
  {
    name: 'names itself as owner',
    must: LOCK_MUST.owner,
    caughtBy: [OWNER],
    breakIt: (lock) => {
      lock.owner = async () => lock.name
    },
  },
  {
    name: 'knows of no owner in another process',
    must: LOCK_MUST.owner,
    caughtBy: ['owner names a holder in another process'],
    breakIt: (lock) => {
      const owner = lock.owner.bind(lock)
      lock.owner = async (sessionId) => {
        const name = await owner(sessionId)
        return name === lock.name ? name : null
      }
    },
  },
]

/** How leases end. */
export const ENDINGS: readonly Mutant<SharedLock>[] = [
  {
    name: 'tells nobody of a loss',
    must: LOCK_MUST.lost,
    caughtBy: [TOLD],
    breakIt: (lock) => changeLeases(lock, () => ({ lost: new AbortController().signal })),
  },
  {
    name: 'tells every holder of one loss',
    must: LOCK_MUST.lost,
    caughtBy: [TOLD],
    breakIt: (lock) => {
      const takeOver = lock.takeOver.bind(lock)
      lock.takeOver = (sessionId) => {
        for (const { holder } of lock.memory.claims.values()) holder?.lost.abort()
        return takeOver(sessionId)
      }
    },
  },
  {
    name: 'tells the new holder of the loss',
    must: LOCK_MUST.lost,
    caughtBy: [TOLD],
    breakIt: (lock) => {
      const takeOver = lock.takeOver.bind(lock)
      lock.takeOver = (sessionId) => {
        const lease = takeOver(sessionId)
        lock.newest(sessionId).holder?.lost.abort()
        return lease
      }
    },
  },
  {
    name: 'takes an outage for a loss',
    must: LOCK_MUST.lost,
    caughtBy: [OUTLIVES],
    breakIt: (lock) =>
      aroundAcquire(lock, (acquire) => async (sessionId) => {
        if (lock.memory.isDown) lock.newest(sessionId).holder?.lost.abort()
        return acquire(sessionId)
      }),
  },
  {
    name: 'gives a lock up during an outage',
    must: LOCK_MUST.lost,
    caughtBy: [OUTLIVES],
    breakIt: (lock) =>
      aroundAcquire(lock, (acquire) => async (sessionId) => {
        if (lock.memory.isDown) lock.newest(sessionId).holder = null
        return acquire(sessionId)
      }),
  },
  {
    name: 'takes a release for a loss',
    must: LOCK_MUST.lost,
    caughtBy: ['a lease that was released, or that nobody took away, is not lost'],
    breakIt: (lock) =>
      changeLeases(lock, ({ release }, sessionId) => ({
        release: async () => {
          lock.newest(sessionId).holder?.lost.abort()
          await release()
        },
      })),
  },
  {
    name: 'takes the question of another for a loss',
    must: LOCK_MUST.lost,
    caughtBy: ['a lease that was released, or that nobody took away, is not lost'],
    breakIt: (lock) =>
      aroundAcquire(lock, (acquire) => async (sessionId) => {
        lock.newest(sessionId).holder?.lost.abort()
        return acquire(sessionId)
      }),
  },
  {
    name: 'keeps quiet about a lease that ran out',
    must: LOCK_MUST.expiry,
    caughtBy: [RAN_OUT],
    breakIt: (lock) => {
      lock.expire = (_, claim) => {
        claim.holder = null
      }
    },
  },
  {
    name: 'takes a lease that ran out for one that somebody else has',
    must: LOCK_MUST.expiry,
    caughtBy: [RAN_OUT],
    breakIt: (lock) => {
      lock.expire = (_, claim) => {
        claim.holder?.lost.abort(refusal('STALE_WRITER'))
        claim.holder = null
      }
    },
  },
  {
    name: 'ends only the first lease that ran out',
    must: LOCK_MUST.expiry,
    caughtBy: [RAN_OUT],
    breakIt: (lock) => {
      const expire = lock.expire.bind(lock)
      lock.expire = (sessionId, claim) => {
        if (sessionId === 'a') expire(sessionId, claim)
      }
    },
  },
  {
    name: 'keeps a lock for good whose lease ran out',
    must: LOCK_MUST.expiry,
    caughtBy: [RAN_OUT],
    breakIt: (lock) => {
      lock.expire = (_, claim) => claim.holder?.lost.abort(new SessionError('LEASE_EXPIRED', 'Its time ran out.'))
    },
  },
  {
    name: 'frees the next holder with a lease that ran out',
    must: LOCK_MUST.release,
    caughtBy: [LATE_AFTER_TIME],
    breakIt: (lock) =>
      changeLeases(lock, (_, sessionId) => ({
        release: async () => {
          lock.newest(sessionId).holder = null
        },
      })),
  },
  {
    name: 'rejects a second release',
    must: LOCK_MUST.release,
    caughtBy: ['release succeeds as often as it is called'],
    breakIt: (lock) =>
      changeLeases(lock, ({ release }, sessionId) => ({
        release: async () => {
          if (lock.newest(sessionId).holder === null) throw refusal('STALE_WRITER')
          await release()
        },
      })),
  },
  {
    name: 'releases nothing',
    must: LOCK_MUST.release,
    caughtBy: ['release succeeds as often as it is called'],
    breakIt: (lock) => changeLeases(lock, () => ({ release: async () => undefined })),
  },
  {
    name: 'frees whoever has the lock',
    must: LOCK_MUST.release,
    caughtBy: [LATE, 'a late release does not free the lease of another process'],
    breakIt: (lock) =>
      changeLeases(lock, (_, sessionId) => ({
        release: async () => {
          lock.newest(sessionId).holder = null
        },
      })),
  },
  {
    name: 'frees what its own process has',
    must: LOCK_MUST.release,
    caughtBy: [LATE],
    breakIt: (lock) =>
      changeLeases(lock, (_, sessionId) => ({
        release: async () => {
          const claim = lock.newest(sessionId)
          if (claim.holder?.owner === lock.name) claim.holder = null
        },
      })),
  },
  {
    name: 'frees the locks of other sessions',
    must: LOCK_MUST.release,
    caughtBy: [LATE],
    breakIt: (lock) =>
      changeLeases(lock, () => ({
        release: async () => {
          for (const claim of lock.memory.claims.values()) claim.holder = null
        },
      })),
  },
]
