import assert from 'node:assert/strict'
import { findOwner, type SessionLease } from '../../../lease/session-lock.js'
import type { Check } from '../contract-case.js'
import { AWKWARD_TEXTS, CASE_TWINS, HALF_TEXTS, HOSTILE_TEXTS } from '../hostile-texts.js'
import { describeOutcome, outcomeOf } from '../rejections.js'
import type { LockFixture } from './lock-fixture.js'
import { LOCK_MUST } from './lock-musts.js'

/** Session ids that lesser locks mix up. */
export const HOSTILE_LOCK_IDS: readonly Check<LockFixture>[] = [
  {
    name: 'locks of look-alike ids are different locks',
    must: LOCK_MUST.distinct,
    check: async (fixture) => {
      const { refused } = await holdAll(fixture, HOSTILE_TEXTS)
      assert.deepEqual(refused, [])
    },
  },
  {
    name: 'locks of ids that differ only by case, are too long, empty or hold control characters are different locks, or refused',
    must: LOCK_MUST.distinct,
    check: async (fixture) => {
      await holdAll(fixture, [...CASE_TWINS, ...AWKWARD_TEXTS])
    },
  },
  {
    name: 'locks of ids with half of a character are different locks, or refused',
    must: LOCK_MUST.distinct,
    check: async (fixture) => {
      await holdAll(fixture, ['\ufffd', ...HALF_TEXTS])
    },
  },
]

/** Holds the locks of all ids at once, and frees each without freeing another. */
async function holdAll(fixture: LockFixture, sessionIds: readonly string[]): Promise<{ refused: string[] }> {
  const lock = await fixture.open()
  const held = new Map<string, SessionLease>()
  const refused: string[] = []
  for (const sessionId of sessionIds) {
    const outcome = await outcomeOf(() => fixture.take(lock, sessionId))
    if ('value' in outcome) {
      held.set(sessionId, outcome.value)
    } else {
      const id = JSON.stringify(sessionId)
      assert.equal(`${id}: acquire ${describeOutcome(outcome)}`, `${id}: acquire rejected with INVALID_SESSION_ID`)
      refused.push(sessionId)
    }
  }
  for (const sessionId of held.keys()) assert.equal(await lock.acquire(sessionId), null)
  for (const [sessionId, lease] of [...held]) {
    await lease.release()
    held.delete(sessionId)
    assert.equal(await findOwner(lock, sessionId), null)
    for (const [other, { owner }] of held)
      assert.equal(await findOwner(lock, other), owner, `the release of ${JSON.stringify(sessionId)} freed ${JSON.stringify(other)}`)
  }
  return { refused }
}
