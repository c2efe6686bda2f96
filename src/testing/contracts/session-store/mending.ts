import assert from 'node:assert/strict'
import { CREDS_KEY, LIFECYCLE_KEY, type SessionStore } from '../../../store/session-store.js'
import type { Check } from '../contract-case.js'
import { creds, preKey, recordTexts } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

const RECORDS = [creds('"the creds"'), { ...LIFECYCLE_KEY, value: '{}' }, preKey(1, '"the key"')]

/** Records that are as they were written. */
export const UNMARKED: readonly Check<StoreFixture>[] = [
  {
    name: 'what is read as it was written is not marked as restored',
    must: STORE_MUST.restored,
    check: async (fixture) => {
      const store = await fixture.open()
      for (let round = 0; round < 2; round++) {
        await store.write('a', RECORDS)
        assert.deepEqual(await markedOf(store), [])
      }
    },
  },
]

/** Creds that a store mends from a copy of its own. */
export const MENDED: readonly Check<StoreFixture>[] = [
  {
    name: 'damaged creds come back as they were last written, and marked',
    must: STORE_MUST.restored,
    check: async (fixture) => {
      const store = await fixture.open()
      await store.write('a', [creds('"older"')])
      await store.write('a', RECORDS)
      await fixture.damageCreds(store, 'a')
      assert.deepEqual(recordTexts(await store.read('a', RECORDS)), recordTexts(RECORDS))
      assert.deepEqual(await markedOf(store), ['creds'])
      // The next write mends the record itself.
      await store.write('a', [creds('"newer"')])
      assert.deepEqual(await markedOf(store), [])
      await fixture.damageCreds(store, 'a')
      assert.deepEqual(recordTexts(await store.read('a', [CREDS_KEY])), recordTexts([creds('"newer"')]))
    },
  },
  {
    name: 'a copy of creds brings none back that were removed',
    must: STORE_MUST.restored,
    check: async (fixture) => {
      const store = await fixture.open()
      const removals = [
        () => store.write('a', [{ ...CREDS_KEY, value: null }]),
        () => store.write('a', [preKey(1, 'k')], { replaceAll: true }),
        () => store.write('a', [{ ...CREDS_KEY, value: null }, preKey(2, 'k')]),
        () => store.delete('a'),
      ]
      for (const remove of removals) {
        await store.write('a', RECORDS)
        await fixture.damageCreds(store, 'a')
        await remove()
        assert.deepEqual(await store.read('a', [CREDS_KEY]), [])
      }
    },
  },
]

async function markedOf(store: SessionStore): Promise<string[]> {
  const records = await store.read('a', RECORDS)
  return records.filter(({ restoredFrom }) => restoredFrom !== undefined).map(({ type }) => type)
}
