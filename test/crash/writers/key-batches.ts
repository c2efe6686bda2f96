import type { SignalDataSet } from '@whiskeysockets/baileys'
import type { FoundPart } from '../protocol.js'
import type { AuthUnderTest } from './auth-under-test.js'

/** Records that are always written together. */
interface KeyBatch {
  readonly type: 'session' | 'sender-key' | 'pre-key'
  readonly size: number
  readonly idOf: (index: number) => string
}

const BATCHES: readonly KeyBatch[] = [
  // What a message writes: the ratchets of a few devices, here under names that files cannot have.
  { type: 'session', size: 4, idOf: (index) => `4915112345${index}/0` },
  { type: 'sender-key', size: 12, idOf: (index) => `120363000000@g.us::4915112345${index}::0` },
  { type: 'pre-key', size: 60, idOf: (index) => String(index) },
  // What a first login writes.
  { type: 'pre-key', size: 812, idOf: (index) => String(1000 + index) },
]

const PRE_KEY_BYTES = 32

/** The numbers of the batches that a writer works with. */
export function batchNumbers(isBig: boolean): number[] {
  return [...BATCHES.keys()].slice(0, isBig ? BATCHES.length : -1)
}

/** Everything that one write of a batch changes: three of four records are set, every fourth is removed. */
export function batchData(number: number, version: number): SignalDataSet {
  const { type, size, idOf } = batchOf(number)
  const records = indexes(size).map((index) => [idOf(index), isRemoved(index, version) ? null : keyValue(type, index, version)])
  return { [type]: Object.fromEntries(records) }
}

/** Reads a batch, and says whether all of it is of one write. */
export async function findBatch(auth: AuthUnderTest, number: number): Promise<FoundPart> {
  const { type, size, idOf } = batchOf(number)
  let values: Record<string, unknown>
  try {
    values = await auth.getKeys(type, indexes(size).map(idOf))
  } catch (error) {
    return { kind: 'torn', problem: error instanceof Error ? error.message : String(error) }
  }
  const versions = indexes(size).map((index) => versionOf(type, index, values[idOf(index)]))
  const version = Math.max(...versions)
  const isWhole = versions.every((found, index) => found === (version === 0 || isRemoved(index, version) ? 0 : version))
  return isWhole ? { kind: 'whole', version } : { kind: 'torn', problem: `its ${size} records are of several writes: ${tell(versions)}` }
}

function batchOf(number: number): KeyBatch {
  const batch = BATCHES[number]
  if (batch === undefined) throw new RangeError(`There is no batch ${number}.`)
  return batch
}

const indexes = (size: number): number[] => Array.from({ length: size }, (_, index) => index)
const isRemoved = (index: number, version: number): boolean => index % 4 === version % 4

/** The value of a record, which tells its version, and of which a part is not taken for the whole. */
function keyValue(type: KeyBatch['type'], index: number, version: number): unknown {
  if (type === 'pre-key') return { public: bytes(PRE_KEY_BYTES, version), private: bytes(PRE_KEY_BYTES, version + index) }
  return bytes(200 + ((version * 31 + index * 7) % 1500), version)
}

function bytes(length: number, version: number): Buffer {
  const made = Buffer.alloc(length, version % 256)
  made.writeUInt32BE(version)
  return made
}

/** The version of a record: 0 when it is not there, -1 when it is none that was ever written. */
function versionOf(type: KeyBatch['type'], index: number, value: unknown): number {
  if (value === null || value === undefined) return 0
  const first: unknown = type === 'pre-key' && typeof value === 'object' && 'public' in value ? value.public : value
  if (!(first instanceof Uint8Array) || first.length < 4) return -1
  const version = Buffer.from(first).readUInt32BE()
  return JSON.stringify(value) === JSON.stringify(keyValue(type, index, version)) ? version : -1
}

function tell(versions: readonly number[]): string {
  const counts = new Map<number, number>()
  for (const version of versions) counts.set(version, (counts.get(version) ?? 0) + 1)
  const name = (version: number): string => (version === 0 ? 'not there' : version < 0 ? 'unreadable' : `value ${version}`)
  return [...counts]
    .sort(([left], [right]) => left - right)
    .map(([version, count]) => `${count} × ${name(version)}`)
    .join(', ')
}
