import assert from 'node:assert/strict'
import { findOwner } from '../../../lease/session-lock.js'
import type { Check } from '../contract-case.js'
import { aborts, type LockFixture, PATIENCE_MS } from './lock-fixture.js'
import { LOCK_MUST } from './lock-musts.js'

/** Leases whose time runs out. */
export const LOCK_EXPIRY: readonly Check<LockFixture>[] = [
  {
    name: 'a lease that was not renewed in time has ended, says so, and can be taken again',
    must: LOCK_MUST.expiry,
    check: async (fixture) => {
      const lock = await fixture.open()
      const leases = [await fixture.take(lock, 'a'), await fixture.take(lock, 'b')]
      await fixture.runOut(lock)
      for (const { lost } of leases) {
        assert.ok(await aborts(lost), `lost was not aborted within ${PATIENCE_MS} ms after the time of the lease had run out`)
        assert.equal(codeOf(lost.reason), 'LEASE_EXPIRED')
      }
      const next = await fixture.take(lock, 'a')
      assert.ok(next.fencingToken > (leases[0]?.fencingToken ?? NaN), `token ${next.fencingToken} came after ${leases[0]?.fencingToken}`)
      assert.equal(next.lost.aborted, false)
    },
  },
  {
    name: 'the release of a lease that ran out frees nobody else',
    must: LOCK_MUST.release,
    check: async (fixture) => {
      const lock = await fixture.open()
      const old = await fixture.take(lock, 'a')
      await fixture.runOut(lock)
      await aborts(old.lost)
      const next = await fixture.take(lock, 'a')
      await old.release()
      assert.equal(await findOwner(lock, 'a'), next.owner)
      assert.equal(await lock.acquire('a'), null)
    },
  },
]

function codeOf(reason: unknown): unknown {
  return reason instanceof Error && 'code' in reason ? reason.code : reason
}
