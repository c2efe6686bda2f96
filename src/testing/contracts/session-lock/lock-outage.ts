import assert from 'node:assert/strict'
import { findOwner } from '../../../lease/session-lock.js'
import type { Check } from '../contract-case.js'
import { assertRejects } from '../rejections.js'
import type { LockFixture } from './lock-fixture.js'
import { LOCK_MUST } from './lock-musts.js'

/** A backend that cannot be reached. */
export const LOCK_OUTAGE: readonly Check<LockFixture>[] = [
  {
    name: 'a backend that cannot be asked is neither "held" nor "free"',
    must: LOCK_MUST.nullWhenHeld,
    check: async (fixture) => {
      const lock = await fixture.open()
      await fixture.take(lock, 'held')
      const reconnect = await fixture.disconnect(lock)
      await assertRejects('STORE_UNAVAILABLE', {
        'acquire of a lock that is free': () => lock.acquire('free'),
        'acquire of a lock that is held': () => lock.acquire('held'),
        'owner of a lock that is free': () => lock.owner('free'),
        'owner of a lock that is held': () => lock.owner('held'),
      })
      await reconnect()
      await fixture.take(lock, 'free')
    },
  },
  {
    name: 'a lease outlives an outage, and can be released after it',
    must: LOCK_MUST.lost,
    check: async (fixture) => {
      const lock = await fixture.open()
      const lease = await fixture.take(lock, 'a')
      const reconnect = await fixture.disconnect(lock)
      await assertRejects('STORE_UNAVAILABLE', { acquire: () => lock.acquire('a') })
      assert.equal(lease.lost.aborted, false)
      await reconnect()
      assert.equal(await lock.acquire('a'), null)
      assert.equal(await findOwner(lock, 'a'), lease.owner)
      assert.equal(lease.lost.aborted, false)
      await lease.release()
      assert.equal(await findOwner(lock, 'a'), null)
    },
  },
]
