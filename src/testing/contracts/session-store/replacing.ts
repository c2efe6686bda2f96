import assert from 'node:assert/strict'
import { LIFECYCLE_KEY } from '../../../store/session-store.js'
import type { Check } from '../contract-case.js'
import { creds, preKey, recordTexts, stored } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

const BEFORE = [creds('old'), { ...LIFECYCLE_KEY, value: 'l' }, preKey(1, 'k'), { type: 'zz', id: 'a:b', value: 'z' }]

/** What `replaceAll` does. */
export const REPLACING: readonly Check<StoreFixture>[] = [
  {
    name: 'replaceAll removes what is not among the changes',
    must: STORE_MUST.replaceAll,
    check: async (fixture) => {
      const store = await fixture.open()
      await store.write('a', BEFORE)
      await store.write('b', BEFORE)
      await store.write('a', [creds('new'), preKey(2, 'k2')], { replaceAll: true })
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('new'), preKey(2, 'k2')]))
      assert.deepEqual(await stored(store, 'b'), recordTexts(BEFORE))
    },
  },
  {
    name: 'replaceAll removes everything when nothing is written',
    must: STORE_MUST.replaceAll,
    check: async (fixture) => {
      const store = await fixture.open()
      for (const changes of [
        [],
        [
          { ...creds(''), value: null },
          { ...preKey(9, ''), value: null },
        ],
      ]) {
        await store.write('a', BEFORE)
        await store.write('a', changes, { replaceAll: true })
        assert.deepEqual(await stored(store, 'a'), [])
        assert.deepEqual(recordTexts(await store.read('a', BEFORE)), [])
      }
    },
  },
  {
    name: 'replaceAll writes a session that is not there yet',
    must: STORE_MUST.replaceAll,
    check: async (fixture) => {
      const store = await fixture.open()
      await store.write('a', BEFORE, { replaceAll: true })
      assert.deepEqual(await stored(store, 'a'), recordTexts(BEFORE))
    },
  },
  {
    name: 'without replaceAll the other records stay',
    must: STORE_MUST.allOrNone,
    check: async (fixture) => {
      const store = await fixture.open()
      await store.write('a', BEFORE)
      await store.write('a', [preKey(2, 'k2')], { replaceAll: false })
      await store.write('a', [preKey(3, 'k3')], {})
      assert.deepEqual(await stored(store, 'a'), recordTexts([...BEFORE, preKey(2, 'k2'), preKey(3, 'k3')]))
    },
  },
]
