import assert from 'node:assert/strict'
import { CREDS_KEY, LIFECYCLE_KEY } from '../../../store/session-store.js'
import type { Check } from '../contract-case.js'
import { creds, listed, preKey, recordTexts, stored } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

/** Deleting what is there, and what is not. */
export const DELETES: readonly Check<StoreFixture>[] = [
  {
    name: 'delete removes everything of one session, and of no other',
    must: STORE_MUST.deleteAll,
    check: async (fixture) => {
      const store = await fixture.open()
      const records = [creds('c'), { ...LIFECYCLE_KEY, value: 'l' }, { type: 'session', id: 'a:b', value: 's' }, { type: '~', id: '/', value: 'x' }]
      await store.write('a', records)
      await store.write('b', records)
      await store.delete('a')
      assert.deepEqual(await listed(store), ['b'])
      assert.deepEqual(await stored(store, 'a'), [])
      assert.deepEqual(recordTexts(await store.read('a', records)), [])
      assert.deepEqual(await stored(store, 'b'), recordTexts(records))
      // What comes after it is new, without anything from before.
      await store.write('a', [preKey(1, 'k')])
      assert.deepEqual(await stored(store, 'a'), recordTexts([preKey(1, 'k')]))
    },
  },
  {
    name: 'deletes of what is not there succeed',
    must: STORE_MUST.deleteNothing,
    check: async (fixture) => {
      const store = await fixture.open()
      await store.delete('never')
      await store.write('never', [{ ...CREDS_KEY, value: null }])
      await store.write('a', [creds('c')])
      await store.write('a', [
        { type: 'session', id: 'never', value: null },
        { ...LIFECYCLE_KEY, value: null },
      ])
      await Promise.all([store.write('a', [{ ...CREDS_KEY, value: null }]), store.write('a', [{ ...CREDS_KEY, value: null }])])
      assert.deepEqual(await stored(store, 'a'), [])
      await Promise.all([store.delete('a'), store.delete('a')])
      await store.delete('a')
      assert.deepEqual(await listed(store), [])
    },
  },
]
