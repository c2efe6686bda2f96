import { CREDS_KEY, LIFECYCLE_KEY, type RecordChange, type RecordKey, type SessionStore, type StoredRecord } from '../../../src/store/session-store.js'
import type { Found, FoundPart, Part } from '../../crash/protocol.js'

/** Records that are always written together. */
interface RecordBatch {
  readonly size: number
  readonly keyOf: (index: number) => RecordKey
}

const BATCHES: readonly RecordBatch[] = [
  { size: 4, keyOf: (index) => ({ type: 'session', id: `4915112345${index}.0` }) },
  // Some of these need the table of names.
  { size: 6, keyOf: (index) => ({ type: 'pre-key', id: index % 2 === 0 ? String(index) : `of/${index}` }) },
]

const CREDS: RecordBatch = { size: 1, keyOf: () => CREDS_KEY }
const LIFECYCLE: RecordChange = { ...LIFECYCLE_KEY, value: '{}' }

/** The session that most of these tests are about. */
export const SESSION_ID = 'a'

/** All parts that there are. */
export const PARTS: readonly Part[] = ['creds', ...BATCHES.keys()]

/** Everything that one write of a part changes: in a batch every fourth record is removed. */
export function changesOf(part: Part, version: number): RecordChange[] {
  const { size, keyOf } = batchOf(part)
  return Array.from({ length: size }, (_, index) => ({ ...keyOf(index), value: isRemoved(part, index, version) ? null : textOf(part, index, version) }))
}

/** All parts in one write. */
export function allChangesOf(version: number): RecordChange[] {
  return PARTS.flatMap((part) => changesOf(part, version))
}

/** The same as a pairing stores them. */
export function pairingChanges(version: number): RecordChange[] {
  return [LIFECYCLE, ...allChangesOf(version)]
}

/** Reads all parts. What cannot be read is torn. */
export async function findParts(store: SessionStore, sessionId: string): Promise<Found> {
  const batches = []
  for (const number of BATCHES.keys()) batches.push(await findPart(store, sessionId, number))
  return { creds: await findPart(store, sessionId, 'creds'), batches, identity: null }
}

async function findPart(store: SessionStore, sessionId: string, part: Part): Promise<FoundPart> {
  const { size, keyOf } = batchOf(part)
  const keys = Array.from({ length: size }, (_, index) => keyOf(index))
  let records: StoredRecord[]
  try {
    records = await store.read(sessionId, keys)
  } catch (error) {
    return { kind: 'torn', problem: error instanceof Error ? error.message : String(error) }
  }
  const values = keys.map(({ type, id }) => records.find((record) => record.type === type && record.id === id)?.value ?? null)
  const version = Math.max(...values.map((value) => (value === null ? 0 : versionIn(value))))
  const isWhole = values.every((value, index) => value === (version === 0 || isRemoved(part, index, version) ? null : textOf(part, index, version)))
  return isWhole
    ? { kind: 'whole', version }
    : { kind: 'torn', problem: `these are no records of one write: ${values.map((value) => value?.slice(0, 20)).join(', ')}` }
}

function batchOf(part: Part): RecordBatch {
  const batch = part === 'creds' ? CREDS : BATCHES[part]
  if (batch === undefined) throw new RangeError(`There is no batch ${part}.`)
  return batch
}

const isRemoved = (part: Part, index: number, version: number): boolean => part !== 'creds' && index % 4 === version % 4

/** A text that tells its version, and of which a part is not taken for the whole. */
function textOf(part: Part, index: number, version: number): string {
  return JSON.stringify({ version, of: `${part} ${index}`, filler: `${version} `.repeat(1 + ((version * 37 + index * 11) % 200)) })
}

const versionIn = (text: string): number => Number(/^\{"version":(\d+)/u.exec(text)?.[1] ?? NaN)
