import type { SessionError } from '../errors.js'
import type { StoredRecord } from '../store/session-store.js'
import { alteredRecord, differentKey, newerRecord, plainRecord, unknownKey } from './encryption-failures.js'
import { type Envelope, readStoredText, type StoredText } from './envelope.js'
import type { CipherKey, KeyRing } from './key-ring.js'
import { openRecord, type RecordPlace } from './record-cipher.js'

/** What a stored record came to. */
export type OpenedText =
  | { readonly kind: 'sealed'; readonly text: string; readonly key: CipherKey }
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'refused'; readonly error: SessionError }

/** A stored record and what it came to. */
export interface OpenedRecord {
  /** The record as it is stored. */
  readonly record: StoredRecord
  /** What it came to. */
  readonly opened: OpenedText
}

/** Opens records with the keys of a store. */
export class RecordOpener {
  readonly #keys: KeyRing
  readonly #allowPlain: boolean

  constructor(keys: KeyRing, allowPlain: boolean) {
    this.#keys = keys
    this.#allowPlain = allowPlain
  }

  /** Opens records as they are stored, in their order. Rejects only when a key could not be derived. */
  async open(sessionId: string, records: readonly StoredRecord[]): Promise<OpenedRecord[]> {
    const read = records.map(record => ({ record, stored: readStoredText(record.value) }))
    const keys = await this.#keysOf(read.map(({ stored }) => stored))
    return read.map(({ record, stored }) => ({ record, opened: this.#open(sessionId, record, stored, keys) }))
  }

  #open(sessionId: string, { type, id, value }: StoredRecord, stored: StoredText, keys: ReadonlyMap<string, CipherKey>): OpenedText {
    const place: RecordPlace = { sessionId, type, id }
    switch (stored.kind) {
      case 'sealed': return unseal(place, stored.envelope, keys.get(stored.envelope.keyId))
      case 'plain': return this.#allowPlain ? { kind: 'plain', text: value } : { kind: 'refused', error: plainRecord(place) }
      case 'damaged': return { kind: 'refused', error: alteredRecord(place) }
      case 'newer': return { kind: 'refused', error: newerRecord(place) }
    }
  }

  async #keysOf(texts: readonly StoredText[]): Promise<ReadonlyMap<string, CipherKey>> {
    const keyIds = new Set(texts.flatMap(text => text.kind === 'sealed' ? [text.envelope.keyId] : []))
    const keys = await Promise.all([...keyIds].map(async keyId => [keyId, await this.#keys.find(keyId)] as const))
    return new Map(keys.flatMap(([keyId, key]) => key === undefined ? [] : [[keyId, key]]))
  }
}

function unseal(place: RecordPlace, envelope: Envelope, key: CipherKey | undefined): OpenedText {
  if (key === undefined) return { kind: 'refused', error: unknownKey(place, envelope.keyId) }
  const text = openRecord(key, place, envelope)
  if (key.check === envelope.keyCheck) return text === null ? { kind: 'refused', error: alteredRecord(place) } : { kind: 'sealed', text, key }
  // Only the right key opens it; then it is the check that somebody has altered.
  return { kind: 'refused', error: text === null ? differentKey(place, envelope.keyId) : alteredRecord(place) }
}
