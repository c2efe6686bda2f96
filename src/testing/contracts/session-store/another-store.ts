import assert from 'node:assert/strict'
import { findOwner } from '../../../lease/session-lock.js'
import type { Check } from '../contract-case.js'
import { assertRejects } from '../rejections.js'
import { changesWith } from './fencing.js'
import { creds, listed, preKey, recordTexts, stored } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

/** Two stores over the same data, as in two processes. */
export const ANOTHER_STORE: readonly Check<StoreFixture>[] = [
  {
    name: 'another process sees what was written, deleted and written again',
    must: STORE_MUST.allOrNone,
    check: async (fixture) => {
      const store = await fixture.open()
      const other = await fixture.openAnother(store)
      await store.write('a', [creds('one'), preKey(1, 'k')])
      assert.deepEqual(await stored(other, 'a'), recordTexts([creds('one'), preKey(1, 'k')]))
      await other.write('a', [creds('two')])
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('two'), preKey(1, 'k')]))
      // What one of them remembers of a session must not outlive a delete by the other.
      for (const [deleting, writing] of [
        [other, store],
        [store, other],
      ] as const) {
        await deleting.delete('a')
        assert.deepEqual(await stored(writing, 'a'), [])
        await writing.write('a', [creds('new')])
        assert.deepEqual(await stored(deleting, 'a'), recordTexts([creds('new')]))
        assert.deepEqual(await listed(deleting), ['a'])
      }
    },
  },
  {
    name: 'two processes write their own sessions at once',
    must: STORE_MUST.inOrder,
    check: async (fixture) => {
      const store = await fixture.open()
      const other = await fixture.openAnother(store)
      const sessionIds = Array.from({ length: 20 }, (_, index) => `session ${index}`)
      await Promise.all(
        sessionIds.map(async (sessionId, index) => {
          const own = index % 2 === 0 ? store : other
          const { fencingToken } = await fixture.take(own, sessionId)
          await own.write(sessionId, [creds(sessionId), preKey(1, sessionId)], { fencingToken })
        }),
      )
      for (const looking of [store, other]) {
        assert.deepEqual(await listed(looking), [...sessionIds].sort())
        for (const sessionId of sessionIds) assert.deepEqual(await stored(looking, sessionId), recordTexts([creds(sessionId), preKey(1, sessionId)]))
      }
    },
  },
  {
    name: 'a session that another process holds is not written',
    must: STORE_MUST.noToken,
    check: async (fixture) => {
      const store = await fixture.open()
      const other = await fixture.openAnother(store)
      const lease = await fixture.take(store, 'a')
      await store.write('a', [creds('by the holder')], { fencingToken: lease.fencingToken })
      assert.equal(await other.lock.acquire('a'), null)
      await assertRejects('STALE_WRITER', changesWith(other, 'a', {}))
      assert.deepEqual(await stored(other, 'a'), recordTexts([creds('by the holder')]))
      await lease.release()
      await other.write('a', [creds('by the other')])
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('by the other')]))
    },
  },
  {
    name: 'a token is old once another process was given a newer one',
    must: STORE_MUST.staleToken,
    check: async (fixture) => {
      const store = await fixture.open()
      const other = await fixture.openAnother(store)
      const first = await fixture.take(store, 'a')
      await first.release()
      const second = await fixture.take(other, 'a')
      assert.ok(second.fencingToken > first.fencingToken, `token ${second.fencingToken} came after ${first.fencingToken}`)
      await other.write('a', [creds('by the second')], { fencingToken: second.fencingToken })
      await assertRejects('STALE_WRITER', changesWith(store, 'a', { fencingToken: first.fencingToken }))
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('by the second')]))
    },
  },
  {
    name: 'close gives back what it holds, and tokens rise beyond it',
    must: STORE_MUST.closed,
    check: async (fixture) => {
      const store = await fixture.open()
      const other = await fixture.openAnother(store)
      const lease = await fixture.take(store, 'a')
      await store.close()
      assert.equal(await other.lock.owner('a'), null)
      const next = await fixture.take(other, 'a')
      assert.ok(next.fencingToken > lease.fencingToken, `token ${next.fencingToken} came after ${lease.fencingToken}`)
      await lease.release()
      assert.equal(await findOwner(other.lock, 'a'), next.owner)
      await other.write('a', [creds('c')], { fencingToken: next.fencingToken })
    },
  },
]
