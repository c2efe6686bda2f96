import assert from 'node:assert/strict'
import type { Check } from '../contract-case.js'
import { assertRejects } from '../rejections.js'
import { changesWith } from './fencing.js'
import { creds, preKey, recordTexts, stored } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

/** A lease that is lost while its holder goes on. */
export const TAKE_OVER: readonly Check<StoreFixture>[] = [
  {
    name: 'a holder that was replaced writes nothing any more',
    must: STORE_MUST.staleToken,
    check: async (fixture) => {
      const store = await fixture.open()
      const old = await fixture.take(store, 'a')
      await store.write('a', [creds('before')], { fencingToken: old.fencingToken })
      const lease = await fixture.takeOver(store, 'a')
      assert.ok(lease.fencingToken > old.fencingToken, `token ${lease.fencingToken} came after ${old.fencingToken}`)
      await assertRejects('STALE_WRITER', changesWith(store, 'a', { fencingToken: old.fencingToken }))
      // Giving back what one has not got gives nobody else's right away.
      await old.release()
      await assertRejects('STALE_WRITER', changesWith(store, 'a', { fencingToken: old.fencingToken }))
      await assertRejects('STALE_WRITER', changesWith(store, 'a', {}))
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('before')]))
      await store.write('a', [creds('by the new holder')], { fencingToken: lease.fencingToken })
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('by the new holder')]))
    },
  },
  {
    name: 'a holder that was replaced closes as any other, and takes nothing back',
    must: STORE_MUST.deleteNothing,
    check: async (fixture) => {
      const store = await fixture.open()
      const old = await fixture.take(store, 'a')
      await store.write('a', [creds('before'), preKey(1, 'before')], { fencingToken: old.fencingToken })
      await store.write('a', [preKey(1, 'last')], { fencingToken: old.fencingToken })
      await fixture.takeOver(store, 'a')
      await store.close()
      const other = await fixture.reopen(store)
      assert.deepEqual(await stored(other, 'a'), recordTexts([creds('before'), preKey(1, 'last')]))
    },
  },
]
