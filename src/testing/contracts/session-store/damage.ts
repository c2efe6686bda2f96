import assert from 'node:assert/strict'
import { CREDS_KEY, type RecordKey, type SessionStore } from '../../../store/session-store.js'
import type { Check } from '../contract-case.js'
import { describeOutcome, isRefusal, outcomeOf } from '../rejections.js'
import { creds, listed, preKey, recordTexts, stored, storedKeys } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

const BEFORE = [creds('the creds'), preKey(1, 'the key')]

/** Records that are there and cannot be read. */
export const DAMAGE: readonly Check<StoreFixture>[] = [creds('the creds'), preKey(1, 'the key')].map((damaged) => ({
  name: `a damaged ${damaged.type} is never missing: it is RECORD_CORRUPT, or handed on as it is`,
  must: STORE_MUST.leaveOut,
  check: async (fixture: StoreFixture) => {
    const store = await fixture.open()
    await store.write('a', BEFORE)
    await store.write('b', BEFORE)
    await fixture.corrupt(store, 'a', damaged)
    for (const keys of [[damaged], [CREDS_KEY, preKey(1, '')]]) await assertSeen(store, keys, damaged)
    assert.deepEqual(await listed(store), ['a', 'b'], 'a session with a damaged record is still listed')
    assert.deepEqual(await stored(store, 'b'), recordTexts(BEFORE))
    // A fresh pairing, and a person who gives up.
    await store.write('a', [creds('new')], { replaceAll: true })
    assert.deepEqual(await stored(store, 'a'), recordTexts([creds('new')]))
    await store.write('a', BEFORE)
    await fixture.corrupt(store, 'a', damaged)
    await store.delete('a')
    assert.deepEqual(await storedKeys(store, 'a'), [])
    assert.deepEqual(await listed(store), ['b'])
  },
}))

async function assertSeen(store: SessionStore, keys: readonly RecordKey[], damaged: { type: string; id: string; value: string }): Promise<void> {
  const outcome = await outcomeOf(() => store.read('a', keys))
  if (isRefusal(outcome, 'RECORD_CORRUPT')) return
  assert.ok('value' in outcome, `read of a damaged record ${describeOutcome(outcome)}`)
  const found = outcome.value.find(({ type, id }) => type === damaged.type && id === damaged.id)
  assert.ok(found !== undefined, 'read left out a damaged record, as if it were missing')
  assert.notEqual(found.value, damaged.value, 'the hook `corrupt` changed nothing')
}
