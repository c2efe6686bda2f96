import assert from 'node:assert/strict'
import { CREDS_KEY } from '../../../store/session-store.js'
import type { Check } from '../contract-case.js'
import { assertRejects } from '../rejections.js'
import { collect, creds } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

/** What comes after `close`. */
export const CLOSING: readonly Check<StoreFixture>[] = [
  {
    name: 'close succeeds as often as it is called',
    must: STORE_MUST.deleteNothing,
    check: async (fixture) => {
      const unused = await fixture.open()
      await unused.close()
      const store = await fixture.open()
      await store.write('a', [creds('c')])
      await Promise.all([store.close(), store.close()])
      await store.close()
    },
  },
  {
    name: 'close succeeds while a lock is held, and the lease can be released after it',
    must: STORE_MUST.closed,
    check: async (fixture) => {
      const store = await fixture.open()
      const lease = await fixture.take(store, 'a')
      await store.write('a', [creds('c')], { fencingToken: lease.fencingToken })
      await store.close()
      assert.equal(lease.lost.aborted, false, 'a lease that was given back is not lost')
      await lease.release()
    },
  },
  {
    name: 'calls after close are refused',
    must: STORE_MUST.closed,
    check: async (fixture) => {
      const store = await fixture.open()
      await store.write('a', [creds('c')])
      await store.close()
      await assertRejects('STORE_UNAVAILABLE', {
        read: () => store.read('a', [CREDS_KEY]),
        'read of what is not there': () => store.read('b', [CREDS_KEY]),
        'read of nothing': () => store.read('a', []),
        records: () => collect(store.records('a')),
        list: () => collect(store.list()),
        write: () => store.write('a', [creds('new')]),
        'write of nothing': () => store.write('a', []),
        delete: () => store.delete('a'),
        'delete of what is not there': () => store.delete('b'),
      })
    },
  },
]
