import assert from 'node:assert/strict'
import { findOwner } from '../../../lease/session-lock.js'
import type { Check } from '../contract-case.js'
import type { LockFixture } from './lock-fixture.js'
import { LOCK_MUST } from './lock-musts.js'

const MANY = 15

/** Two locks on one backend, as in two processes. */
export const ANOTHER_LOCK: readonly Check<LockFixture>[] = [
  {
    name: 'a lock that another process holds is not given, and is told from a free one',
    must: LOCK_MUST.oneHolder,
    check: async (fixture) => {
      const lock = await fixture.open()
      const other = await fixture.openAnother(lock)
      const lease = await fixture.take(lock, 'a')
      assert.equal(await other.acquire('a'), null)
      await fixture.take(other, 'b')
      assert.equal(await lock.acquire('b'), null)
      await lease.release()
      await fixture.take(other, 'a')
      assert.equal(await lock.acquire('a'), null)
    },
  },
  {
    name: 'owner names a holder in another process',
    must: LOCK_MUST.owner,
    check: async (fixture) => {
      const lock = await fixture.open()
      const other = await fixture.openAnother(lock)
      const lease = await fixture.take(lock, 'a')
      assert.equal(await findOwner(other, 'a'), lease.owner)
      await lease.release()
      assert.equal(await findOwner(other, 'a'), null)
    },
  },
  {
    name: 'of many who ask at once in two processes exactly one gets the lock',
    must: LOCK_MUST.oneHolder,
    check: async (fixture) => {
      const lock = await fixture.open()
      const other = await fixture.openAnother(lock)
      const leases = await Promise.all(Array.from({ length: MANY }, () => [fixture.tryToTake(lock, 'a'), fixture.tryToTake(other, 'a')]).flat())
      const given = leases.filter((lease) => lease !== null)
      assert.equal(given.length, 1, `${given.length} of ${MANY * 2} callers that asked at once got the lock`)
    },
  },
  {
    name: 'tokens rise from process to process',
    must: LOCK_MUST.rising,
    check: async (fixture) => {
      const lock = await fixture.open()
      const tokens: number[] = []
      for (const next of [lock, lock, await fixture.openAnother(lock), lock, await fixture.openAnother(lock)]) {
        const lease = await fixture.take(next, 'a')
        tokens.push(lease.fencingToken)
        await lease.release()
      }
      assert.deepEqual(
        tokens,
        [...new Set(tokens)].sort((a, b) => a - b),
      )
    },
  },
  {
    name: 'a late release does not free the lease of another process',
    must: LOCK_MUST.release,
    check: async (fixture) => {
      const lock = await fixture.open()
      const other = await fixture.openAnother(lock)
      const first = await fixture.take(lock, 'a')
      await first.release()
      const second = await fixture.take(other, 'a')
      await first.release()
      assert.equal(await lock.acquire('a'), null)
      assert.equal(await findOwner(lock, 'a'), second.owner)
      assert.equal(second.lost.aborted, false)
    },
  },
]
