import assert from 'node:assert/strict'
import type { RecordChange, SessionStore } from '../../../store/session-store.js'
import type { Check } from '../contract-case.js'
import { outcomeOf } from '../rejections.js'
import { creds, listed, preKey, recordTexts, stored } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

/** What one write does, and what it does when it fails. */
export const BATCHES: readonly Check<StoreFixture>[] = [
  {
    name: 'one write adds, changes and deletes',
    must: STORE_MUST.allOrNone,
    check: async (fixture) => {
      const store = await fixture.open()
      await store.write('a', [creds('c'), preKey(1, 'one'), preKey(2, 'two')])
      await store.write('a', [preKey(1, 'uno'), { ...preKey(2, ''), value: null }, preKey(3, 'tres')])
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('c'), preKey(1, 'uno'), preKey(3, 'tres')]))
    },
  },
  {
    name: 'of several changes to one record the last one counts',
    must: STORE_MUST.lastCounts,
    check: async (fixture) => {
      const store = await fixture.open()
      await store.write('a', [preKey(1, 'before'), preKey(2, 'before')])
      const gone = (id: number): RecordChange => ({ ...preKey(id, ''), value: null })
      await store.write('a', [creds('first'), creds('last'), preKey(1, 'first'), gone(1), gone(2), preKey(2, 'last')])
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('last'), preKey(2, 'last')]))
    },
  },
  {
    name: 'a change in the middle that fails refuses the whole write',
    must: STORE_MUST.refuseWhole,
    check: (fixture) =>
      refuse(fixture, {
        type: 'pre-key',
        id: '2',
        get value(): string {
          throw new Error('This value cannot be had.')
        },
      }),
  },
  {
    name: 'a value that is no text refuses the whole write',
    must: STORE_MUST.refuseWhole,
    check: async (fixture) => {
      for (const value of [undefined, 5, {}]) await refuse(fixture, untyped({ type: 'pre-key', id: '2', value }))
    },
  },
  {
    name: 'a write of nothing makes no session',
    must: STORE_MUST.list,
    check: async (fixture) => {
      const store = await fixture.open()
      await store.write('a', [])
      await store.write('b', [], { replaceAll: true })
      await store.write('c', [{ ...creds(''), value: null }])
      await store.write('d', [{ ...creds(''), value: null }], { replaceAll: true })
      assert.deepEqual(await listed(store), [])
    },
  },
]

async function refuse(fixture: StoreFixture, bad: RecordChange): Promise<void> {
  const store = await fixture.open()
  const before = [creds('c'), preKey(1, 'one'), preKey(2, 'two'), preKey(3, 'three')]
  await store.write('a', before)
  const batch: RecordChange[] = [creds('changed'), preKey(1, 'changed'), bad, preKey(3, 'changed'), preKey(4, 'added'), { ...preKey(2, ''), value: null }]
  for (const replaceAll of [false, true]) {
    await assertRefused(store, 'a', batch, replaceAll)
    assert.deepEqual(await stored(store, 'a'), recordTexts(before))
    await assertRefused(store, 'b', batch, replaceAll)
    assert.deepEqual(await stored(store, 'b'), [])
  }
  assert.deepEqual(await listed(store), ['a'])
  // It goes on working.
  await store.write('a', [preKey(1, 'changed')])
  await store.write('b', [creds('new')])
  assert.deepEqual(await stored(store, 'a'), recordTexts([creds('c'), preKey(1, 'changed'), preKey(2, 'two'), preKey(3, 'three')]))
  assert.deepEqual(await stored(store, 'b'), recordTexts([creds('new')]))
}

async function assertRefused(store: SessionStore, sessionId: string, batch: readonly RecordChange[], replaceAll: boolean): Promise<void> {
  const outcome = await outcomeOf(() => store.write(sessionId, batch, { replaceAll }))
  assert.ok('error' in outcome, 'a write with a change that cannot be stored resolved')
}

/** What an application without types may pass. */
function untyped(change: Omit<RecordChange, 'value'> & { value: unknown }): RecordChange {
  return change as RecordChange
}
