import { withDeadline } from '../../async/deadline.js'
import { readStoredText } from '../../encryption/envelope.js'
import { isSessionError } from '../../errors.js'
import { CREDS_KEY, LIFECYCLE_KEY, type RecordKey, type SessionStore, type StoredRecord } from '../../store/session-store.js'
import { storeTimeout } from '../../store/store-failure.js'
import type { StoreView } from '../store-view.js'
import type { RecordCensus } from './diagnosis.js'

/** As Baileys names them. */
const PRE_KEY = 'pre-key'

/** How many records are read at once. */
const CHUNK = 200

type Counts = { -readonly [Field in keyof RecordCensus]: RecordCensus[Field] }

/**
 * Reads every record of a session and says what it is like. Rejects as `records` of the store does, and with `STORE_TIMEOUT` when one
 * call to `read` takes longer than `timeoutMs`.
 */
export async function countRecords(view: StoreView, sessionId: string, timeoutMs: number): Promise<RecordCensus> {
  const counts: Counts = {
    total: 0,
    preKeys: 0,
    plain: 0,
    encrypted: 0,
    locked: 0,
    underOldKey: 0,
    unreadable: 0,
    hasRestoredCreds: false,
    hasLifecycle: false,
  }
  for await (const chunk of chunksOf(view.raw.records(sessionId))) await countChunk(counts, { view, sessionId, timeoutMs }, chunk)
  return counts
}

/** Whose records are read, and how long a call may take. */
interface Reading {
  readonly view: StoreView
  readonly sessionId: string
  readonly timeoutMs: number
}

async function countChunk(counts: Counts, reading: Reading, keys: readonly RecordKey[]): Promise<void> {
  const { view } = reading
  const sealed: RecordKey[] = []
  for (const record of await readEach(view.raw, reading, keys)) {
    counts.total += 1
    if (typeof record === 'string') counts.unreadable += 1
    else if (countRecord(counts, view, record)) sealed.push({ type: record.type, id: record.id })
  }
  if (view.currentKeyId === null) {
    counts.locked += sealed.length
    return
  }
  for (const opened of await readEach(view.open, reading, sealed)) {
    if (opened === 'locked') counts.locked += 1
    else if (opened === 'unreadable' || !isJson(opened.value)) counts.unreadable += 1
  }
}

/** Counts a record as it is stored, and says whether a key is needed to tell more. */
function countRecord(counts: Counts, { currentKeyId }: StoreView, record: StoredRecord): boolean {
  const stored = readStoredText(record.value)
  if (record.type === CREDS_KEY.type && record.restoredFrom === 'backup') counts.hasRestoredCreds = true
  if (record.type === PRE_KEY) counts.preKeys += 1
  if (record.type === LIFECYCLE_KEY.type) counts.hasLifecycle = true
  if (stored.kind === 'sealed') {
    counts.encrypted += 1
    if (currentKeyId !== null && stored.envelope.keyId !== currentKeyId) counts.underOldKey += 1
    return true
  }
  if (stored.kind === 'plain' && isJson(record.value)) counts.plain += 1
  else counts.unreadable += 1
  return false
}

type Answer = StoredRecord | 'unreadable' | 'locked'

/** Reads records at once, or one by one when some of them cannot be read. Those that are gone by now are left out. */
async function readEach(store: SessionStore, reading: Reading, keys: readonly RecordKey[]): Promise<Answer[]> {
  if (keys.length === 0) return []
  const { sessionId, timeoutMs } = reading
  try {
    return await withDeadline(store.read(sessionId, keys), timeoutMs, () => storeTimeout(sessionId, 'read', timeoutMs))
  } catch (error) {
    // One by one it would take as long again for each.
    if (isSessionError(error, 'STORE_TIMEOUT')) throw error
    if (keys.length === 1) return [isSessionError(error, 'WRONG_KEY') ? 'locked' : 'unreadable']
  }
  const answers: Answer[] = []
  for (const key of keys) answers.push(...(await readEach(store, reading, [key])))
  return answers
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

async function* chunksOf<Item>(items: AsyncIterable<Item>): AsyncIterable<Item[]> {
  let chunk: Item[] = []
  for await (const item of items) {
    chunk.push(item)
    if (chunk.length < CHUNK) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}
