import assert from 'node:assert/strict'
import { CREDS_KEY } from '../../../store/session-store.js'
import type { Check } from '../contract-case.js'
import { assertRejects } from '../rejections.js'
import { changesWith } from './fencing.js'
import { collect, creds, listed, preKey, recordTexts, stored } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

/** A backend that cannot be reached. */
export const OUTAGE: readonly Check<StoreFixture>[] = [
  {
    name: 'what cannot be reached is unavailable, never missing',
    must: STORE_MUST.leaveOut,
    check: async (fixture) => {
      const store = await fixture.open()
      await store.write('a', [creds('c'), preKey(1, 'k')])
      const reconnect = await fixture.disconnect(store)
      await assertRejects('STORE_UNAVAILABLE', {
        read: () => store.read('a', [CREDS_KEY]),
        'read of what is not there': () => store.read('b', [CREDS_KEY]),
        records: () => collect(store.records('a')),
        'records of what is not there': () => collect(store.records('b')),
        list: () => collect(store.list()),
        ...changesWith(store, 'a', {}),
        'write of a new session': () => store.write('c', [creds('c')]),
      })
      await reconnect()
      assert.deepEqual(await listed(store), ['a'])
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('c'), preKey(1, 'k')]))
      await store.write('a', [creds('again')])
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('again'), preKey(1, 'k')]))
    },
  },
  {
    name: 'an outage is no loss of the lock',
    must: STORE_MUST.leaveOut,
    check: async (fixture) => {
      const store = await fixture.open()
      const lease = await fixture.take(store, 'a')
      const token = { fencingToken: lease.fencingToken }
      await store.write('a', [creds('before')], token)
      const reconnect = await fixture.disconnect(store)
      await assertRejects('STORE_UNAVAILABLE', changesWith(store, 'a', token))
      assert.equal(lease.lost.aborted, false, 'the lease counts as lost, although the backend was only unreachable')
      await reconnect()
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('before')]))
      await store.write('a', [creds('after')], token)
      assert.equal(await store.lock.owner('a'), lease.owner)
    },
  },
]
