import assert from 'node:assert/strict'
import { findOwner } from '../../../lease/session-lock.js'
import type { Check } from '../contract-case.js'
import type { LockFixture } from './lock-fixture.js'
import { LOCK_MUST } from './lock-musts.js'

/** How leases end. */
export const RELEASING: readonly Check<LockFixture>[] = [
  {
    name: 'release succeeds as often as it is called',
    must: LOCK_MUST.release,
    check: async (fixture) => {
      const lock = await fixture.open()
      const lease = await fixture.take(lock, 'a')
      await Promise.all([lease.release(), lease.release()])
      await lease.release()
      assert.equal(await findOwner(lock, 'a'), null)
    },
  },
  {
    name: 'a late release does not free the lease of the next holder',
    must: LOCK_MUST.release,
    check: async (fixture) => {
      const lock = await fixture.open()
      const first = await fixture.take(lock, 'a')
      const bystander = await fixture.take(lock, 'b')
      await first.release()
      const second = await fixture.take(lock, 'a')
      await first.release()
      assert.equal(await lock.acquire('a'), null)
      assert.equal(await findOwner(lock, 'a'), second.owner)
      assert.equal(await findOwner(lock, 'b'), bystander.owner)
    },
  },
  {
    name: 'a lease that was released, or that nobody took away, is not lost',
    must: LOCK_MUST.lost,
    check: async (fixture) => {
      const lock = await fixture.open()
      const first = await fixture.take(lock, 'a')
      assert.equal(await lock.acquire('a'), null)
      assert.equal(first.lost.aborted, false)
      await first.release()
      const second = await fixture.take(lock, 'a')
      assert.deepEqual([first.lost.aborted, second.lost.aborted], [false, false])
    },
  },
]
