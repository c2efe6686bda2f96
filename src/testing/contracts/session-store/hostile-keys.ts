import assert from 'node:assert/strict'
import { LIFECYCLE_KEY, type StoredRecord } from '../../../store/session-store.js'
import type { Check } from '../contract-case.js'
import { AWKWARD_TEXTS, CASE_TWINS, HALF_TEXTS, HOSTILE_TEXTS } from '../hostile-texts.js'
import { outcomeOf } from '../rejections.js'
import { creds, recordTexts, stored } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

const IDS: readonly string[] = [...new Set([...HOSTILE_TEXTS, ...CASE_TWINS, ...AWKWARD_TEXTS])]
const TYPES: readonly string[] = ['session', 'sender-key', 'app-state-sync-key', 'zz-future', '../up', '__proto__']

/** Pairs that become one text when they are joined with the usual separators. */
const JOINED: readonly (readonly [type: string, id: string])[] = [
  ['sender-key', 'memory-x'],
  ['sender-key-memory', 'x'],
  ['sender', 'key-memory-x'],
  ['a', 'b:c'],
  ['a:b', 'c'],
  ['a', 'b/c'],
  ['a/b', 'c'],
  ['a', 'b.c'],
  ['a.b', 'c'],
  ['a', 'b c'],
  ['a b', 'c'],
  ['a', 'b\u0000c'],
  ['a\u0000b', 'c'],
  ['a', 'b|c'],
  ['a|b', 'c'],
  ['a', 'b_c'],
  ['a_b', 'c'],
  ['creds', ''],
  ['creds', 'x'],
  ['creds-', ''],
  ['', 'creds'],
  ['lifecycle', ''],
  ['lifecycle', 'lifecycle'],
  ['', ''],
  ['a', ''],
  ['', 'a'],
  ['aa', ''],
]

/** Record keys that lesser stores mix up. */
export const HOSTILE_KEYS: readonly Check<StoreFixture>[] = [
  {
    name: 'record ids of any characters stay apart',
    must: STORE_MUST.distinct,
    check: (fixture) =>
      keepApart(
        fixture,
        TYPES.flatMap((type) => IDS.map((id) => [type, id] as const)),
      ),
  },
  {
    name: 'record types of any characters stay apart',
    must: STORE_MUST.distinct,
    check: (fixture) =>
      keepApart(
        fixture,
        IDS.map((type) => [type, '1'] as const),
      ),
  },
  {
    name: 'types and ids that join to the same text stay apart',
    must: STORE_MUST.distinct,
    check: (fixture) => keepApart(fixture, JOINED),
  },
  {
    name: 'record ids with half of a character stay apart, or are refused',
    must: STORE_MUST.distinct,
    check: async (fixture) => {
      const store = await fixture.open()
      const kept: StoredRecord[] = []
      for (const id of [...HALF_TEXTS, '\ufffd']) {
        const record = { type: 'session', id, value: `value ${kept.length}` }
        const outcome = await outcomeOf(() => store.write('a', [record]))
        if ('value' in outcome) kept.push(record)
      }
      assert.deepEqual(await stored(store, 'a'), recordTexts(kept))
    },
  },
  {
    name: 'records of odd names outlive a write of creds or lifecycle alone under a new lease',
    must: STORE_MUST.distinct,
    check: async (fixture) => {
      const store = await fixture.open()
      const odd = [
        { type: 'session', id: 'a:b', value: '1' },
        { type: 'zz-future', id: 'a:b', value: '2' },
        { type: 'session', id: '名', value: '3' },
      ]
      await store.write('a', odd)
      for (const alone of [creds('c'), { ...LIFECYCLE_KEY, value: '{}' }]) {
        const lease = await fixture.take(store, 'a')
        const known = await stored(store, 'a')
        await store.write('a', [alone], { fencingToken: lease.fencingToken })
        assert.deepEqual(await stored(store, 'a'), [...known, ...recordTexts([alone])].sort())
        // The next odd record, and the next lease, must find them, too.
        const next = { type: 'session', id: `after:${alone.type}`, value: '4' }
        await store.write('a', [next], { fencingToken: lease.fencingToken })
        await lease.release()
        assert.deepEqual(await stored(store, 'a'), [...known, ...recordTexts([alone, next])].sort())
      }
      assert.deepEqual(recordTexts(await store.read('a', odd)), recordTexts(odd))
    },
  },
]

async function keepApart(fixture: StoreFixture, keys: readonly (readonly [type: string, id: string])[]): Promise<void> {
  const store = await fixture.open()
  const records = keys.map(([type, id], index) => ({ type, id, value: `value ${index}` }))
  await store.write('a', records)
  assert.deepEqual(await stored(store, 'a'), recordTexts(records))
  // One at a time, too: a look-alike that is asked for alone must not answer for another.
  const alone: StoredRecord[] = []
  for (const key of records) alone.push(...(await store.read('a', [key])))
  assert.deepEqual(recordTexts(alone), recordTexts(records))
  // Half of them go, and take no other with them.
  const isEven = (_: StoredRecord, index: number): boolean => index % 2 === 0
  await store.write(
    'a',
    records.filter(isEven).map(({ type, id }) => ({ type, id, value: null })),
  )
  assert.deepEqual(await stored(store, 'a'), recordTexts(records.filter((record, index) => !isEven(record, index))))
  assert.deepEqual(recordTexts(await store.read('a', records.filter(isEven))), [])
}
