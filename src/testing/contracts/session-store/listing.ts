import assert from 'node:assert/strict'
import type { Check } from '../contract-case.js'
import { collect, creds, listed, preKey, stored, storedKeys, keyTexts } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

const MANY = 40

/** Listing sessions and records, also while they change. */
export const LISTING: readonly Check<StoreFixture>[] = [
  {
    name: 'list has every session once',
    must: STORE_MUST.list,
    check: async (fixture) => {
      const store = await fixture.open()
      assert.deepEqual(await listed(store), [])
      const sessionIds = Array.from({ length: MANY }, (_, index) => `session ${index}`)
      // Whatever it holds of a session, creds or not, and after a second write too.
      for (const [index, sessionId] of sessionIds.entries()) await store.write(sessionId, index % 2 === 0 ? [creds('c'), preKey(1, 'k')] : [preKey(1, 'k')])
      await store.write('session 0', [preKey(2, 'k')])
      assert.deepEqual(await listed(store), sessionIds.sort())
    },
  },
  {
    name: 'list goes on while sessions come and go',
    must: STORE_MUST.list,
    check: async (fixture) => {
      const store = await fixture.open()
      const before = Array.from({ length: MANY }, (_, index) => `before ${index}`).sort()
      for (const sessionId of before) await store.write(sessionId, [creds('c')])
      const seen: string[] = []
      for await (const sessionId of store.list()) {
        seen.push(sessionId)
        if (!sessionId.startsWith('before')) continue
        // One that was listed may go at once; those that were not yet must not be missed for it.
        await store.delete(sessionId)
        await store.write(`later ${sessionId}`, [creds('c')])
        await Promise.all([store.write(`late ${sessionId}`, [creds('c')]), store.write(sessionId, [creds('again')])])
      }
      assert.deepEqual(seen.filter((sessionId) => sessionId.startsWith('before')).sort(), before)
      assert.equal(new Set(seen).size, seen.length, 'a session was listed twice')
      assert.deepEqual(await listed(store), before.flatMap((sessionId) => [sessionId, `late ${sessionId}`, `later ${sessionId}`]).sort())
    },
  },
  {
    name: 'records goes on while records come and go',
    must: STORE_MUST.list,
    check: async (fixture) => {
      const store = await fixture.open()
      const before = Array.from({ length: MANY }, (_, index) => preKey(index, 'k'))
      await store.write('a', before)
      const seen: string[] = []
      for await (const { type, id } of store.records('a')) {
        seen.push(...keyTexts([{ type, id }]))
        if (type === 'pre-key')
          await store.write('a', [
            { type, id, value: null },
            { type: 'session', id, value: 's' },
          ])
      }
      assert.deepEqual(seen.filter((text) => text.includes('pre-key')).sort(), keyTexts(before))
      assert.deepEqual(await storedKeys(store, 'a'), keyTexts(before.map(({ id }) => ({ type: 'session', id }))))
    },
  },
  {
    name: 'a listing that is left early holds nothing up',
    must: STORE_MUST.list,
    check: async (fixture) => {
      const store = await fixture.open()
      await store.write('a', [creds('c'), preKey(1, 'k')])
      await store.write('b', [creds('c')])
      for await (const sessionId of store.list()) {
        assert.equal(typeof sessionId, 'string')
        break
      }
      for await (const key of store.records('a')) {
        assert.equal(typeof key.type, 'string')
        break
      }
      await store.write('a', [], { replaceAll: true })
      await store.delete('b')
      assert.deepEqual(await stored(store, 'a'), [])
      assert.equal((await collect(store.list())).includes('b'), false)
    },
  },
]
