import assert from 'node:assert/strict'
import type { Check } from '../contract-case.js'
import { outcomeOf } from '../rejections.js'
import { creds, listed, preKey, recordTexts, stored } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

const WRITERS = 20

/** Calls that are made before others have come back. */
export const PARALLEL_WRITERS: readonly Check<StoreFixture>[] = [
  {
    name: 'writes of one session that are called at once follow one another',
    must: STORE_MUST.inOrder,
    check: async (fixture) => {
      const store = await fixture.open()
      const round = (number: number): ReturnType<typeof preKey>[] => Array.from({ length: 10 }, (_, index) => preKey(index, `round ${number}`))
      await Promise.all(Array.from({ length: WRITERS }, (_, number) => store.write('a', round(number))))
      assert.deepEqual(await stored(store, 'a'), recordTexts(round(WRITERS - 1)))
    },
  },
  {
    name: 'writes of one session that are called at once lose nothing of one another',
    must: STORE_MUST.inOrder,
    check: async (fixture) => {
      const store = await fixture.open()
      const records = Array.from({ length: WRITERS }, (_, index) => preKey(index, `value ${index}`))
      await Promise.all(records.map((record) => store.write('a', [record])))
      assert.deepEqual(await stored(store, 'a'), recordTexts(records))
      await Promise.all(records.slice(1).map((record) => store.write('a', [{ ...record, value: null }])))
      assert.deepEqual(await stored(store, 'a'), recordTexts(records.slice(0, 1)))
    },
  },
  {
    name: 'writes and deletes of one session that are called at once follow one another',
    must: STORE_MUST.inOrder,
    check: async (fixture) => {
      const store = await fixture.open()
      await Promise.all([store.write('a', [creds('old'), preKey(1, 'old')]), store.delete('a'), store.write('a', [preKey(2, 'new')])])
      assert.deepEqual(await stored(store, 'a'), recordTexts([preKey(2, 'new')]))
      await Promise.all([store.write('a', [creds('last')]), store.write('a', [preKey(3, 'k')], { replaceAll: true }), store.delete('a')])
      assert.deepEqual(await stored(store, 'a'), [])
    },
  },
  {
    name: 'a write that is refused holds up none that was called beside it',
    must: STORE_MUST.inOrder,
    check: async (fixture) => {
      const store = await fixture.open()
      const bad = {
        ...preKey(2, ''),
        get value(): string {
          throw new Error('This value cannot be had.')
        },
      }
      const outcomes = await Promise.all([[preKey(1, 'one')], [bad], [preKey(3, 'three')]].map((changes) => outcomeOf(() => store.write('a', changes))))
      assert.deepEqual(
        outcomes.map((outcome) => 'value' in outcome),
        [true, false, true],
      )
      assert.deepEqual(await stored(store, 'a'), recordTexts([preKey(1, 'one'), preKey(3, 'three')]))
    },
  },
  {
    name: 'many sessions are written at once',
    must: STORE_MUST.inOrder,
    check: async (fixture) => {
      const store = await fixture.open()
      const sessionIds = Array.from({ length: 50 }, (_, index) => `session ${index}`)
      await Promise.all(sessionIds.flatMap((sessionId) => [store.write(sessionId, [creds(sessionId)]), store.write(sessionId, [preKey(1, sessionId)])]))
      assert.deepEqual(await listed(store), sessionIds.sort())
      for (const sessionId of sessionIds) assert.deepEqual(await stored(store, sessionId), recordTexts([creds(sessionId), preKey(1, sessionId)]))
    },
  },
]
