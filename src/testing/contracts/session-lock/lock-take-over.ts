import assert from 'node:assert/strict'
import { findOwner } from '../../../lease/session-lock.js'
import type { Check } from '../contract-case.js'
import { aborts, type LockFixture, PATIENCE_MS } from './lock-fixture.js'
import { LOCK_MUST } from './lock-musts.js'

/** A lease that is lost while its holder goes on. */
export const LOCK_TAKE_OVER: readonly Check<LockFixture>[] = [
  {
    name: 'a holder that seems dead is replaced, by one with a greater token',
    must: LOCK_MUST.oneHolder,
    check: async (fixture) => {
      const lock = await fixture.open()
      const old = await fixture.take(lock, 'a')
      const lease = await fixture.takeOver(lock, 'a')
      assert.ok(lease.fencingToken > old.fencingToken, `token ${lease.fencingToken} came after ${old.fencingToken}`)
      assert.equal(await findOwner(lock, 'a'), lease.owner)
      assert.equal(await lock.acquire('a'), null)
    },
  },
  {
    name: 'a holder that was replaced is told, and its release frees nobody else',
    must: LOCK_MUST.lost,
    check: async (fixture) => {
      const lock = await fixture.open()
      const old = await fixture.take(lock, 'a')
      const bystander = await fixture.take(lock, 'b')
      const lease = await fixture.takeOver(lock, 'a')
      assert.ok(await aborts(old.lost), `lost was not aborted within ${PATIENCE_MS} ms of the loss`)
      assert.deepEqual([lease.lost.aborted, bystander.lost.aborted], [false, false])
      await old.release()
      assert.equal(await findOwner(lock, 'a'), lease.owner)
      assert.equal(await lock.acquire('a'), null)
    },
  },
]
