import { Buffer } from 'node:buffer'
import type { SessionLease } from '../../../src/lease/session-lock.js'
import { LOCK_MUST } from '../../../src/testing/contracts/session-lock/lock-musts.js'
import { refusal, tick } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import type { SharedLock } from './shared-memory.js'

const FREE_OR_HELD = 'a lock that nobody holds is given, and then to nobody else'
const NOT_ASKED = 'a backend that cannot be asked is neither "held" nor "free"'
const ONE_OF_MANY = 'of many who ask at once exactly one gets the lock'
const LOOK_ALIKES = 'locks of look-alike ids are different locks'
const AWKWARD = 'locks of ids that differ only by case, are too long, empty or hold control characters are different locks, or refused'
const HALVES = 'locks of ids with half of a character are different locks, or refused'
const TOKENS_RISE = 'tokens are safe integers, and rise after each release'
const OWNER = 'owner names the holder, and nobody when nobody holds the lock'
const TOLD = 'a holder that was replaced is told, and its release frees nobody else'
const OUTLIVES = 'a lease outlives an outage, and can be released after it'
const LATE = 'a late release does not free the lease of the next holder'

type Acquire = SharedLock['acquire']

function aroundAcquire(lock: SharedLock, around: (acquire: Acquire) => Acquire): void {
  lock.acquire = around(lock.acquire.bind(lock))
}

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

/** Takes some ids for others. */
function confuse(other: (sessionId: string) => string): (lock: SharedLock) => void {
  return (lock) => {
    const [acquire, owner] = [lock.acquire.bind(lock), lock.owner.bind(lock)]
    lock.acquire = (sessionId) => acquire(other(sessionId))
    lock.owner = (sessionId) => owner(other(sessionId))
  }
}

function refuse(isRefused: (sessionId: string) => boolean, error: () => Error): (lock: SharedLock) => void {
  return (lock) =>
    aroundAcquire(lock, (acquire) => async (sessionId) => {
      if (isRefused(sessionId)) throw error()
      return acquire(sessionId)
    })
}

/** Who gets a lock. */
const HOLDERS: readonly Mutant<SharedLock>[] = [
  {
    name: 'resolves with null during an outage',
    must: LOCK_MUST.nullWhenHeld,
    caughtBy: [NOT_ASKED],
    breakIt: (lock) => aroundAcquire(lock, (acquire) => async (sessionId) => (lock.memory.isDown ? null : acquire(sessionId))),
  },
  {
    name: 'knows of no owner during an outage',
    must: LOCK_MUST.nullWhenHeld,
    caughtBy: [NOT_ASKED],
    breakIt: (lock) => {
      const owner = lock.owner.bind(lock)
      lock.owner = async (sessionId) => (lock.memory.isDown ? null : owner(sessionId))
    },
  },
  {
    name: 'passes on the error of its client',
    must: LOCK_MUST.nullWhenHeld,
    caughtBy: [NOT_ASKED],
    breakIt: (lock) => {
      lock.memory.assertUp = () => {
        if (lock.memory.isDown) throw new Error('ECONNREFUSED')
      }
    },
  },
  {
    name: 'gives the lock during an outage',
    must: LOCK_MUST.nullWhenHeld,
    caughtBy: [NOT_ASKED],
    breakIt: (lock) => aroundAcquire(lock, (acquire) => async (sessionId) => (lock.memory.isDown ? lock.handOut(sessionId) : acquire(sessionId))),
  },
  {
    name: 'rejects when somebody holds the lock',
    must: LOCK_MUST.nullWhenHeld,
    caughtBy: [FREE_OR_HELD],
    breakIt: (lock) =>
      aroundAcquire(lock, (acquire) => async (sessionId) => {
        const lease = await acquire(sessionId)
        if (lease === null) throw refusal('STORE_UNAVAILABLE')
        return lease
      }),
  },
  {
    name: 'never gives a lock again',
    must: LOCK_MUST.nullWhenHeld,
    caughtBy: [FREE_OR_HELD],
    breakIt: (lock) => aroundAcquire(lock, (acquire) => async (sessionId) => (lock.newest(sessionId).token > 0 ? null : acquire(sessionId))),
  },
  { name: 'has one lock for all sessions', must: LOCK_MUST.nullWhenHeld, caughtBy: [FREE_OR_HELD], breakIt: confuse(() => 'all') },
  {
    name: 'gives the lock to whoever asks',
    must: LOCK_MUST.oneHolder,
    caughtBy: [ONE_OF_MANY],
    breakIt: (lock) => aroundAcquire(lock, () => async (sessionId) => lock.handOut(sessionId)),
  },
  {
    name: 'looks, waits and takes',
    must: LOCK_MUST.oneHolder,
    caughtBy: [ONE_OF_MANY, 'of many who ask at once in two processes exactly one gets the lock'],
    breakIt: (lock) =>
      aroundAcquire(lock, (acquire) => async (sessionId) => {
        if (lock.newest(sessionId).holder !== null) return acquire(sessionId)
        await tick()
        return lock.handOut(sessionId)
      }),
  },
  {
    name: 'gives it to its own process again',
    must: LOCK_MUST.oneHolder,
    caughtBy: [ONE_OF_MANY],
    breakIt: (lock) =>
      aroundAcquire(
        lock,
        (acquire) => async (sessionId) => (lock.newest(sessionId).holder?.owner === lock.name ? lock.handOut(sessionId) : acquire(sessionId)),
      ),
  },
  {
    name: 'gives it to nobody when several ask',
    must: LOCK_MUST.oneHolder,
    caughtBy: [ONE_OF_MANY],
    breakIt: (lock) =>
      aroundAcquire(lock, (acquire) => {
        let asking = 0
        return async (sessionId) => {
          asking += 1
          await tick()
          const isAlone = asking === 1
          await tick()
          asking -= 1
          return isAlone ? acquire(sessionId) : null
        }
      }),
  },
  {
    name: 'keeps out only its own process',
    must: LOCK_MUST.oneHolder,
    caughtBy: [
      'a lock that another process holds is not given, and is told from a free one',
      'of many who ask at once in two processes exactly one gets the lock',
    ],
    breakIt: (lock) =>
      aroundAcquire(
        lock,
        (acquire) => async (sessionId) => (lock.newest(sessionId).holder?.owner === lock.name ? acquire(sessionId) : lock.handOut(sessionId)),
      ),
  },
  {
    name: 'gives it away while a dead holder is being replaced',
    must: LOCK_MUST.oneHolder,
    caughtBy: ['a holder that seems dead is replaced, by one with a greater token'],
    breakIt: (lock) => {
      lock.takeOver = (sessionId) => {
        const lease = lock.handOut(sessionId)
        lock.newest(sessionId).holder = null
        return lease
      }
    },
  },
  {
    name: 'takes look-alikes for one another',
    must: LOCK_MUST.distinct,
    caughtBy: [LOOK_ALIKES],
    breakIt: confuse((sessionId) => sessionId.replaceAll('/', '__').replaceAll(':', '-')),
  },
  { name: 'trims ids', must: LOCK_MUST.distinct, caughtBy: [LOOK_ALIKES], breakIt: confuse((sessionId) => sessionId.trim()) },
  { name: 'normalizes ids', must: LOCK_MUST.distinct, caughtBy: [LOOK_ALIKES], breakIt: confuse((sessionId) => sessionId.normalize()) },
  {
    name: 'refuses ids with dots',
    must: LOCK_MUST.distinct,
    caughtBy: [LOOK_ALIKES],
    breakIt: refuse(
      (sessionId) => sessionId.includes('..'),
      () => refusal('INVALID_SESSION_ID'),
    ),
  },
  { name: 'folds the case of ids', must: LOCK_MUST.distinct, caughtBy: [AWKWARD], breakIt: confuse((sessionId) => sessionId.toLowerCase()) },
  { name: 'cuts ids at 64 characters', must: LOCK_MUST.distinct, caughtBy: [AWKWARD], breakIt: confuse((sessionId) => sessionId.slice(0, 64)) },
  {
    name: 'refuses long ids with an error of its own',
    must: LOCK_MUST.distinct,
    caughtBy: [AWKWARD],
    breakIt: refuse(
      (sessionId) => sessionId.length > 255,
      () => new RangeError('ENAMETOOLONG'),
    ),
  },
  { name: 'keeps ids as UTF-8', must: LOCK_MUST.distinct, caughtBy: [HALVES], breakIt: confuse((sessionId) => Buffer.from(sessionId).toString()) },
]

/** What is handed out. */
const TOKENS: readonly Mutant<SharedLock>[] = [
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
const ENDINGS: readonly Mutant<SharedLock>[] = [
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

/** All broken locks. */
export const LOCK_MUTANTS: readonly Mutant<SharedLock>[] = [...HOLDERS, ...TOKENS, ...ENDINGS]
