import { Buffer } from 'node:buffer'
import { LOCK_MUST } from '../../../src/testing/contracts/session-lock/lock-musts.js'
import { aroundAcquire, refusal, tick } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import type { SharedLock } from './shared-memory.js'

const FREE_OR_HELD = 'a lock that nobody holds is given, and then to nobody else'
const NOT_ASKED = 'a backend that cannot be asked is neither "held" nor "free"'
const ONE_OF_MANY = 'of many who ask at once exactly one gets the lock'
const LOOK_ALIKES = 'locks of look-alike ids are different locks'
const AWKWARD = 'locks of ids that differ only by case, are too long, empty or hold control characters are different locks, or refused'
const HALVES = 'locks of ids with half of a character are different locks, or refused'

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
export const HOLDERS: readonly Mutant<SharedLock>[] = [
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
