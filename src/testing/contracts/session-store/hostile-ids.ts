import assert from 'node:assert/strict'
import type { SessionStore, StoredRecord } from '../../../store/session-store.js'
import type { Check } from '../contract-case.js'
import { AWKWARD_TEXTS, CASE_TWINS, HALF_TEXTS, HOSTILE_TEXTS } from '../hostile-texts.js'
import { describeOutcome, isRefusal, outcomeOf } from '../rejections.js'
import { creds, listed, preKey, recordTexts, stored } from './record-texts.js'
import type { StoreFixture } from './store-fixture.js'
import { STORE_MUST } from './store-musts.js'

/** One begins with the other, or would match it as a pattern. */
const PREFIXES: readonly string[] = [
  'a',
  'ab',
  'a*',
  'a?',
  'a%',
  'a_',
  'a-',
  'a:',
  'a/',
  'a.',
  'a:creds',
  'a:pre-key',
  'a/creds',
  'a-creds',
  'a-creds.json',
  'a-pre-key-1',
]

/** Session ids that lesser stores mix up. */
export const HOSTILE_IDS: readonly Check<StoreFixture>[] = [
  {
    name: 'session ids of any characters stay apart',
    must: STORE_MUST.distinct,
    check: (fixture) => keepApart(fixture, HOSTILE_TEXTS),
  },
  {
    name: 'a session whose id begins with that of another is another',
    must: STORE_MUST.distinct,
    check: (fixture) => keepApart(fixture, PREFIXES),
  },
  {
    name: 'session ids that differ only by case are kept apart, or refused',
    must: STORE_MUST.refuseId,
    check: (fixture) => keepApartOrRefuse(fixture, CASE_TWINS),
  },
  {
    name: 'session ids that are too long, empty or hold control characters are kept apart, or refused',
    must: STORE_MUST.refuseId,
    check: (fixture) => keepApartOrRefuse(fixture, AWKWARD_TEXTS),
  },
  {
    name: 'session ids with half of a character are kept apart, or refused',
    must: STORE_MUST.refuseId,
    check: (fixture) => keepApartOrRefuse(fixture, ['\ufffd', ...HALF_TEXTS]),
  },
]

async function keepApart(fixture: StoreFixture, sessionIds: readonly string[]): Promise<void> {
  const store = await fixture.open()
  for (const sessionId of sessionIds) await store.write(sessionId, recordsOf(sessionId))
  await assertApart(store, sessionIds)
  const isEven = (_: string, index: number): boolean => index % 2 === 0
  for (const sessionId of sessionIds.filter(isEven)) await store.delete(sessionId)
  await assertApart(
    store,
    sessionIds.filter((sessionId, index) => !isEven(sessionId, index)),
  )
  for (const sessionId of sessionIds.filter(isEven)) assert.deepEqual(await stored(store, sessionId), [])
}

async function keepApartOrRefuse(fixture: StoreFixture, sessionIds: readonly string[]): Promise<void> {
  const store = await fixture.open()
  const kept: string[] = []
  for (const sessionId of sessionIds) {
    const outcome = await outcomeOf(() => store.write(sessionId, recordsOf(sessionId)))
    if ('value' in outcome) kept.push(sessionId)
    else await assertUnknown(store, sessionId, describeOutcome(outcome))
  }
  await assertApart(store, kept)
  for (const sessionId of kept) await store.delete(sessionId)
  assert.deepEqual(await listed(store), [])
}

/** Escaped, because the text of a value is not what is tried here. */
function recordsOf(sessionId: string): StoredRecord[] {
  return [creds(`creds of ${JSON.stringify(sessionId)}`), preKey(1, `key of ${JSON.stringify(sessionId)}`)]
}

/** What was refused must not be answered for by another. */
async function assertUnknown(store: SessionStore, sessionId: string, refusal: string): Promise<void> {
  const id = JSON.stringify(sessionId)
  assert.equal(`${id}: write ${refusal}`, `${id}: write rejected with INVALID_SESSION_ID`)
  const reading = await outcomeOf(() => stored(store, sessionId))
  if (!isRefusal(reading, 'INVALID_SESSION_ID')) assert.deepEqual(reading, { value: [] })
  const taking = await outcomeOf(() => store.lock.acquire(sessionId))
  if ('value' in taking) await taking.value?.release()
  else assert.equal(describeOutcome(taking), 'rejected with INVALID_SESSION_ID')
}

async function assertApart(store: SessionStore, sessionIds: readonly string[]): Promise<void> {
  assert.deepEqual(await listed(store), [...sessionIds].sort())
  for (const sessionId of sessionIds) {
    assert.deepEqual(await stored(store, sessionId), recordTexts(recordsOf(sessionId)))
  }
}
