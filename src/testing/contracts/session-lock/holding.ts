import assert from 'node:assert/strict'
import { findOwner, type SessionLease } from '../../../lease/session-lock.js'
import type { Check } from '../contract-case.js'
import type { LockFixture } from './lock-fixture.js'
import { LOCK_MUST } from './lock-musts.js'

const MANY = 30

/** Who gets a lock, and who has it. */
export const HOLDING: readonly Check<LockFixture>[] = [
  {
    name: 'a lock that nobody holds is given, and then to nobody else',
    must: LOCK_MUST.nullWhenHeld,
    check: async (fixture) => {
      const lock = await fixture.open()
      const lease = await fixture.take(lock, 'a')
      assert.equal(await lock.acquire('a'), null)
      assert.equal(await lock.acquire('a'), null)
      await fixture.take(lock, 'b')
      await lease.release()
      await fixture.take(lock, 'a')
      assert.equal(await lock.acquire('a'), null)
    },
  },
  {
    name: 'owner names the holder, and nobody when nobody holds the lock',
    must: LOCK_MUST.owner,
    check: async (fixture) => {
      const lock = await fixture.open()
      assert.equal(await findOwner(lock, 'a'), null)
      const lease = await fixture.take(lock, 'a')
      assert.notEqual(lease.owner, '')
      assert.equal(await findOwner(lock, 'a'), lease.owner)
      assert.equal(await findOwner(lock, 'b'), null)
      await lease.release()
      assert.equal(await findOwner(lock, 'a'), null)
      const next = await fixture.take(lock, 'a')
      assert.equal(await findOwner(lock, 'a'), next.owner)
    },
  },
  {
    name: 'of many who ask at once exactly one gets the lock',
    must: LOCK_MUST.oneHolder,
    check: async (fixture) => {
      const lock = await fixture.open()
      for (let round = 0; round < 3; round++) {
        const leases = await Promise.all(Array.from({ length: MANY }, () => fixture.tryToTake(lock, 'a')))
        const given = leases.filter((lease) => lease !== null)
        assert.equal(given.length, 1, `${given.length} of ${MANY} callers that asked at once got the lock`)
        await given[0]?.release()
      }
    },
  },
  {
    name: 'a lock that goes from hand to hand has one holder at a time, each with a greater token',
    must: LOCK_MUST.rising,
    check: async (fixture) => {
      const lock = await fixture.open()
      const tokens: number[] = []
      let holders = 0
      const contend = async (): Promise<void> => {
        for (let round = 0; round < 10; round++) {
          const lease: SessionLease | null = await fixture.tryToTake(lock, 'a')
          if (lease === null) continue
          holders += 1
          assert.equal(holders, 1, 'the lock has two holders')
          tokens.push(lease.fencingToken)
          await new Promise((resolve) => setImmediate(resolve))
          holders -= 1
          await lease.release()
        }
      }
      await Promise.all(Array.from({ length: 5 }, contend))
      await (await fixture.take(lock, 'a')).release()
      assert.deepEqual(
        tokens,
        [...new Set(tokens)].sort((a, b) => a - b),
      )
    },
  },
  {
    name: 'tokens are safe integers, and rise after each release',
    must: LOCK_MUST.rising,
    check: async (fixture) => {
      const lock = await fixture.open()
      const tokens: number[] = []
      for (let round = 0; round < 20; round++) {
        const lease = await fixture.take(lock, 'a')
        tokens.push(lease.fencingToken)
        await lease.release()
      }
      assert.deepEqual(
        tokens.filter((token) => !Number.isSafeInteger(token)),
        [],
      )
      assert.deepEqual(
        tokens,
        [...new Set(tokens)].sort((a, b) => a - b),
      )
    },
  },
]
