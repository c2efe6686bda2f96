import type { SessionError } from '../errors.js'
import type { StoredRecord } from '../store/session-store.js'
import { alteredRecord, differentKey, newerRecord, plainRecord, unknownKey } from './encryption-failures.js'
import { type Envelope, readStoredText } from './envelope.js'
import type { CipherKey, KeyRing } from './key-ring.js'
import { openRecord, type RecordPlace } from './record-cipher.js'

/** What a stored record came to. */
export type OpenedRecord =
  | { readonly kind: 'sealed'; readonly text: string; readonly key: CipherKey }
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'refused'; readonly error: SessionError }

/** Opens records with the keys of a store. */
export class RecordOpener {
  readonly #keys: KeyRing
  readonly #allowPlain: boolean

  constructor(keys: KeyRing, allowPlain: boolean) {
    this.#keys = keys
    this.#allowPlain = allowPlain
  }

  /** Opens one record as it is stored. Rejects only when a key could not be derived. */
  async open(sessionId: string, { type, id, value }: StoredRecord): Promise<OpenedRecord> {
    const place: RecordPlace = { sessionId, type, id }
    const stored = readStoredText(value)
    switch (stored.kind) {
      case 'sealed': return this.#unseal(place, stored.envelope)
      case 'plain': return this.#allowPlain ? { kind: 'plain', text: value } : { kind: 'refused', error: plainRecord(place) }
      case 'damaged': return { kind: 'refused', error: alteredRecord(place) }
      case 'newer': return { kind: 'refused', error: newerRecord(place) }
    }
  }

  async #unseal(place: RecordPlace, envelope: Envelope): Promise<OpenedRecord> {
    const key = await this.#keys.find(envelope.keyId)
    if (key === undefined) return { kind: 'refused', error: unknownKey(place, envelope.keyId) }
    const text = openRecord(key, place, envelope)
    if (key.check === envelope.keyCheck) return text === null ? { kind: 'refused', error: alteredRecord(place) } : { kind: 'sealed', text, key }
    // Only the right key opens it; then it is the check that somebody has altered.
    return { kind: 'refused', error: text === null ? differentKey(place, envelope.keyId) : alteredRecord(place) }
  }
}
