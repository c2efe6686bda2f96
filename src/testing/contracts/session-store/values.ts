import assert from 'node:assert/strict'
import { CREDS_KEY, LIFECYCLE_KEY } from '../../../store/session-store.js'
import type { Check } from '../contract-case.js'
import { HALF_TEXTS } from '../hostile-texts.js'
import { outcomeOf } from '../rejections.js'
import { collect, creds, preKey, recordTexts, stored } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

/** What Baileys writes after a pairing. */
const MANY = 812
const A_MILLION = 1_000_000
const TEXTS: readonly string[] = [
  '',
  ' ',
  '\n',
  '\n\n',
  '\r\n',
  '\t',
  '\u0000',
  '{"a":1}',
  '{"a":',
  'not json',
  'null',
  'undefined',
  '0',
  '"',
  '\ufeffmark',
  'ü🙂\u0000',
  '\\u0000',
  '%00',
  '\u2028',
]

/** Missing records, and values as they come back. */
export const VALUES: readonly Check<StoreFixture>[] = [
  {
    name: 'read leaves out what is not there',
    must: STORE_MUST.leaveOut,
    check: async (fixture) => {
      const store = await fixture.open()
      assert.deepEqual(recordTexts(await store.read('a', [CREDS_KEY, preKey(1, '')])), [])
      assert.deepEqual(await collect(store.records('a')), [])
      await store.write('a', [creds('c'), preKey(2, 'k')])
      assert.deepEqual(recordTexts(await store.read('a', [preKey(1, ''), CREDS_KEY])), recordTexts([creds('c')]))
      assert.deepEqual(recordTexts(await store.read('a', [])), [])
      assert.deepEqual(recordTexts(await store.read('b', [CREDS_KEY])), [])
    },
  },
  {
    name: 'values come back as they were written',
    must: STORE_MUST.keepValues,
    check: async (fixture) => {
      const store = await fixture.open()
      const records = TEXTS.map((value, index) => preKey(index, value))
      await store.write('a', records)
      assert.deepEqual(await stored(store, 'a'), recordTexts(records))
    },
  },
  {
    name: 'a value of a million characters comes back',
    must: STORE_MUST.keepValues,
    check: async (fixture) => {
      const store = await fixture.open()
      const value = '"ü\n0'.repeat(A_MILLION / 4)
      await store.write('a', [creds(value)])
      const [record] = await store.read('a', [CREDS_KEY])
      // Compared like this, because nobody reads a difference of that length.
      assert.equal(record?.value.length, value.length)
      assert.ok(record.value === value, 'the value has its length, and differs')
    },
  },
  {
    name: 'a value with half of a character comes back, or is refused',
    must: STORE_MUST.keepValues,
    check: async (fixture) => {
      const store = await fixture.open()
      for (const value of HALF_TEXTS) {
        await store.write('a', [creds('before')])
        const outcome = await outcomeOf(() => store.write('a', [creds(value)]))
        assert.deepEqual(await stored(store, 'a'), recordTexts([creds('error' in outcome ? 'before' : value)]))
      }
    },
  },
  {
    name: 'types that nobody has heard of pass through',
    must: STORE_MUST.keepValues,
    check: async (fixture) => {
      const store = await fixture.open()
      const types = ['zz-future', 'creds', 'lifecycle', 'sender-key', 'Sender-Key', 'x', 'device-list', 'lid-mapping', 'constructor']
      const records = [creds('c'), { ...LIFECYCLE_KEY, value: 'l' }, ...types.map((type) => ({ type, id: '7', value: `of ${type}` }))]
      await store.write('a', records)
      assert.deepEqual(await stored(store, 'a'), recordTexts(records))
    },
  },
  {
    name: `${MANY} records are written, read and deleted in one call`,
    must: STORE_MUST.allOrNone,
    check: async (fixture) => {
      const store = await fixture.open()
      const records = Array.from({ length: MANY }, (_, index) => preKey(index, `value ${index}`))
      await store.write('a', [creds('c'), ...records])
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('c'), ...records]))
      await store.write(
        'a',
        records.map((record) => ({ ...record, value: null })),
      )
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('c')]))
    },
  },
  {
    name: 'what a caller does to its objects later changes nothing',
    must: STORE_MUST.copies,
    check: async (fixture) => {
      const store = await fixture.open()
      const change = creds('c')
      const changes = [change]
      const writing = store.write('a', changes)
      change.value = 'changed'
      changes.push(preKey(1, 'added'))
      await writing
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('c')]))
      change.value = 'changed again'
      const [first] = await store.read('a', [CREDS_KEY])
      if (first !== undefined) first.value = 'changed in the answer'
      for (const key of await collect(store.records('a'))) key.id = 'changed in the listing'
      assert.deepEqual(await stored(store, 'a'), recordTexts([creds('c')]))
    },
  },
]
