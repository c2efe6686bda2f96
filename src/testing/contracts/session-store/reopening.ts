import assert from 'node:assert/strict'
import type { Check } from '../contract-case.js'
import { CASE_TWINS, HOSTILE_TEXTS } from '../hostile-texts.js'
import { outcomeOf } from '../rejections.js'
import { creds, listed, preKey, recordTexts, stored } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

/** What the next run of the process finds. */
export const REOPENING: readonly Check<StoreFixture>[] = [
  {
    name: 'what was written is there after a restart, and what was deleted is not',
    must: STORE_MUST.durable,
    check: async (fixture) => {
      const store = await fixture.open()
      for (const sessionId of ['a', 'b', 'c']) await store.write(sessionId, [creds(`of ${sessionId}`), preKey(1, ''), preKey(2, 'two')])
      await store.write('a', [{ ...preKey(1, ''), value: null }])
      await store.write('b', [creds('replaced')], { replaceAll: true })
      await store.delete('c')
      const again = await fixture.reopen(store)
      assert.deepEqual(await listed(again), ['a', 'b'])
      assert.deepEqual(await stored(again, 'a'), recordTexts([creds('of a'), preKey(2, 'two')]))
      assert.deepEqual(await stored(again, 'b'), recordTexts([creds('replaced')]))
      assert.deepEqual(await stored(again, 'c'), [])
      await again.write('a', [creds('changed')])
      const third = await fixture.reopen(again)
      assert.deepEqual(await stored(third, 'a'), recordTexts([creds('changed'), preKey(2, 'two')]))
    },
  },
  {
    name: 'hostile ids and keys are still apart after a restart',
    must: STORE_MUST.distinct,
    check: async (fixture) => {
      const store = await fixture.open()
      const records = [...new Set([...HOSTILE_TEXTS, ...CASE_TWINS])].flatMap((id) =>
        ['session', 'sender-key', 'zz'].map((type) => ({ type, id, value: `of ${type} ${id}` })),
      )
      for (const sessionId of HOSTILE_TEXTS) await store.write(sessionId, [creds(`of ${sessionId}`)])
      await store.write('many', records)
      const again = await fixture.reopen(store)
      assert.deepEqual(await listed(again), [...HOSTILE_TEXTS, 'many'].sort())
      for (const sessionId of HOSTILE_TEXTS) assert.deepEqual(await stored(again, sessionId), recordTexts([creds(`of ${sessionId}`)]))
      assert.deepEqual(await stored(again, 'many'), recordTexts(records))
    },
  },
  {
    name: 'a write that is under way at close is there after a restart, or was refused',
    must: STORE_MUST.durable,
    check: async (fixture) => {
      const store = await fixture.open()
      await store.write('a', [creds('before')])
      const writing = Array.from({ length: 10 }, (_, index) => outcomeOf(() => store.write('a', [creds(`write ${index}`), preKey(index, 'k')])))
      const again = await fixture.reopen(store)
      const outcomes = await Promise.all(writing)
      const written = outcomes.flatMap((outcome, index) => ('value' in outcome ? [index] : []))
      const last = written.at(-1)
      assert.deepEqual(
        await stored(again, 'a'),
        recordTexts([creds(last === undefined ? 'before' : `write ${last}`), ...written.map((index) => preKey(index, 'k'))]),
      )
    },
  },
]
