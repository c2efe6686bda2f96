import assert from 'node:assert/strict'
import type { SessionStore } from '../../../store/session-store.js'
import type { Check } from '../contract-case.js'
import { assertRejects } from '../rejections.js'
import { creds, listed, preKey, recordTexts, stored } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

/** Every way to change a session under a token, or without one. */
export function changesWith(store: SessionStore, sessionId: string, token: { fencingToken?: number }): Record<string, () => Promise<void>> {
  return {
    write: () => store.write(sessionId, [creds('by another')], token),
    'write of a deletion': () => store.write(sessionId, [{ ...creds(''), value: null }], token),
    'write with replaceAll': () => store.write(sessionId, [creds('by another')], { ...token, replaceAll: true }),
    'write with replaceAll of nothing': () => store.write(sessionId, [], { ...token, replaceAll: true }),
    delete: () => store.delete(sessionId, token),
  }
}

/** Which tokens a store accepts. */
export const FENCING: readonly Check<StoreFixture>[] = [
  {
    name: 'without a token a session is written only while nobody holds its lock',
    must: STORE_MUST.noToken,
    check: async (fixture) => {
      const store = await fixture.open()
      await store.write('a', [creds('before')])
      const lease = await fixture.take(store, 'a')
      await assertRejects('STALE_WRITER', changesWith(store, 'a', {}))
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('before')]))
      await store.write('b', [creds('of another session')])
      await store.delete('b')
      await lease.release()
      await store.write('a', [creds('after')])
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('after')]))
      await store.delete('a')
      assert.deepEqual(await listed(store), [])
    },
  },
  {
    name: 'the newest token is good as often as it comes',
    must: STORE_MUST.newestToken,
    check: async (fixture) => {
      const store = await fixture.open()
      const { fencingToken } = await fixture.take(store, 'a')
      for (let round = 0; round < 5; round++) await store.write('a', [creds(`round ${round}`), preKey(round, 'k')], { fencingToken })
      await store.write('a', [creds('replaced')], { fencingToken, replaceAll: true })
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('replaced')]))
      await store.delete('a', { fencingToken })
      await store.delete('a', { fencingToken })
      await store.write('a', [creds('again')], { fencingToken })
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('again')]))
    },
  },
  {
    name: 'a token that is older than the newest one is refused',
    must: STORE_MUST.staleToken,
    check: async (fixture) => {
      const store = await fixture.open()
      const first = await fixture.take(store, 'a')
      await store.write('a', [creds('by the first')], { fencingToken: first.fencingToken })
      await first.release()
      const second = await fixture.take(store, 'a')
      await assertRejects('STALE_WRITER', changesWith(store, 'a', { fencingToken: first.fencingToken }))
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('by the first')]))
      await store.write('a', [creds('by the second')], { fencingToken: second.fencingToken })
      await second.release()
      // It stays old when nobody holds the lock any more.
      await assertRejects('STALE_WRITER', changesWith(store, 'a', { fencingToken: first.fencingToken }))
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('by the second')]))
    },
  },
  {
    name: 'what was never a token is refused once there is one',
    must: STORE_MUST.staleToken,
    check: async (fixture) => {
      const store = await fixture.open()
      await store.write('a', [creds('before')])
      const lease = await fixture.take(store, 'a')
      for (const fencingToken of [NaN, -1, 0, -Infinity, lease.fencingToken - 0.5]) {
        await assertRejects('STALE_WRITER', changesWith(store, 'a', { fencingToken }))
      }
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('before')]))
    },
  },
  {
    name: 'tokens go on rising after the session was deleted',
    must: STORE_MUST.staleToken,
    check: async (fixture) => {
      const store = await fixture.open()
      const tokens: number[] = []
      for (let round = 0; round < 5; round++) {
        const lease = await fixture.take(store, 'a')
        await store.write('a', [creds('c')], { fencingToken: lease.fencingToken })
        await store.delete('a', { fencingToken: lease.fencingToken })
        tokens.push(lease.fencingToken)
        await lease.release()
      }
      assert.deepEqual(
        tokens,
        [...new Set(tokens)].sort((a, b) => a - b),
      )
      await assertRejects('STALE_WRITER', changesWith(store, 'a', { fencingToken: tokens[3] ?? NaN }))
      assert.deepEqual(await listed(store), [])
    },
  },
  {
    name: 'tokens of one session say nothing of another',
    must: STORE_MUST.newestToken,
    check: async (fixture) => {
      const store = await fixture.open()
      for (let round = 0; round < 5; round++) await (await fixture.take(store, 'a')).release()
      const lookAlikes = ['A', 'a ', 'a/', '__proto__']
      for (const sessionId of lookAlikes) {
        const { fencingToken } = await fixture.take(store, sessionId)
        await store.write(sessionId, [creds(`of ${sessionId}`)], { fencingToken })
      }
      await store.write('a', [creds('of a')])
      for (const sessionId of ['a', ...lookAlikes]) assert.deepEqual(await stored(store, sessionId), recordTexts([creds(`of ${sessionId}`)]))
    },
  },
]
