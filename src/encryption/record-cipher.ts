import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { SessionError } from '../errors.js'
import type { RecordChange, RecordKey, StoredRecord } from '../store/session-store.js'
import { type Envelope, formatEnvelope, readStoredText, type StoredText } from './envelope.js'
import type { CipherKey, KeyRing } from './key-ring.js'

/** More would make a message that nobody reads. */
const MOST_NAMES = 10

/** Where a record belongs. It is authenticated with the record, so that it counts nowhere else. */
interface RecordPlace extends RecordKey {
  /** The session. */
  sessionId: string
}

const ALGORITHM = 'aes-256-gcm'
const TAG_BYTES = 16
/** What GCM takes as it is. Random, because nothing that could count is shared by all who may write. */
const IV_BYTES = 12

/** To ask for chance takes longer than to encrypt, so it is asked for many at once. */
const IVS_AT_ONCE = 128

/** Encrypts records. */
export class RecordSealer {
  #ivs: Buffer = Buffer.alloc(0)
  /** Up to where they were used. */
  #used = 0

  /** Encrypts the changes of one write, each for its place. */
  seal(key: CipherKey, sessionId: string, changes: readonly RecordChange[]): RecordChange[] {
    return changes.map(({ type, id, value }) => ({ type, id, value: value === null ? null : sealText(key, { sessionId, type, id }, value, this.#takeIv()) }))
  }

  #takeIv(): Buffer {
    if (this.#used === this.#ivs.length) {
      this.#ivs = randomBytes(IV_BYTES * IVS_AT_ONCE)
      this.#used = 0
    }
    this.#used += IV_BYTES
    return this.#ivs.subarray(this.#used - IV_BYTES, this.#used)
  }
}

function sealText(key: CipherKey, place: RecordPlace, text: string, iv: Buffer): string {
  const cipher = createCipheriv(ALGORITHM, key.secret, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(nameOf(key, place))
  // GCM has nothing left for the end.
  const data = cipher.update(text, 'utf8')
  cipher.final()
  return formatEnvelope({ keyId: key.id, keyCheck: key.check, iv, tag: cipher.getAuthTag(), data })
}

/** The text of a record; `null` when it is not what this key has encrypted for this place. */
function openRecord(key: CipherKey, place: RecordPlace, envelope: Envelope): string | null {
  const { iv, tag, data } = envelope
  if (iv.length !== IV_BYTES || tag.length !== TAG_BYTES) return null
  const decipher = createDecipheriv(ALGORITHM, key.secret, iv, { authTagLength: TAG_BYTES })
  decipher.setAAD(nameOf({ id: envelope.keyId }, place))
  decipher.setAuthTag(tag)
  const text = decipher.update(data)
  try {
    decipher.final()
  } catch {
    // Not authentic: nobody may see it.
    return null
  }
  return text.toString('utf8')
}

/** As JSON, in which no two places have the same text, whatever characters their ids hold. */
function nameOf({ id: keyId }: Pick<CipherKey, 'id'>, { sessionId, type, id }: RecordPlace): Buffer {
  return Buffer.from(JSON.stringify(['baileys-sessions', 1, keyId, sessionId, type, id]))
}

/** What a stored record came to. */
type OpenedText =
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
    const read = records.map((record) => ({ record, stored: readStoredText(record.value) }))
    const keys = await this.#keysOf(read.map(({ stored }) => stored))
    return read.map(({ record, stored }) => ({ record, opened: this.#open(sessionId, record, stored, keys) }))
  }

  #open(sessionId: string, { type, id, value }: StoredRecord, stored: StoredText, keys: ReadonlyMap<string, CipherKey>): OpenedText {
    const place: RecordPlace = { sessionId, type, id }
    switch (stored.kind) {
      case 'sealed':
        return unseal(place, stored.envelope, keys.get(stored.envelope.keyId))
      case 'plain':
        return this.#allowPlain ? { kind: 'plain', text: value } : { kind: 'refused', error: plainRecord(place) }
      case 'damaged':
        return { kind: 'refused', error: alteredRecord(place) }
      case 'newer':
        return { kind: 'refused', error: newerRecord(place) }
    }
  }

  async #keysOf(texts: readonly StoredText[]): Promise<ReadonlyMap<string, CipherKey>> {
    const keyIds = new Set(texts.flatMap((text) => (text.kind === 'sealed' ? [text.envelope.keyId] : [])))
    const keys = await Promise.all([...keyIds].map(async (keyId) => [keyId, await this.#keys.find(keyId)] as const))
    return new Map(keys.flatMap(([keyId, key]) => (key === undefined ? [] : [[keyId, key]])))
  }
}

function unseal(place: RecordPlace, envelope: Envelope, key: CipherKey | undefined): OpenedText {
  if (key === undefined) return { kind: 'refused', error: unknownKey(place, envelope.keyId) }
  const text = openRecord(key, place, envelope)
  if (key.check === envelope.keyCheck) return text === null ? { kind: 'refused', error: alteredRecord(place) } : { kind: 'sealed', text, key }
  // Only the right key opens it; then it is the check that somebody has altered.
  return { kind: 'refused', error: text === null ? differentKey(place, envelope.keyId) : alteredRecord(place) }
}

const describeRecord = ({ sessionId, type, id }: RecordPlace): string =>
  `The record ${type}${id === '' ? '' : ` ${JSON.stringify(id)}`} of session "${sessionId}"`

/** It is no envelope that the key has made for this record. */
function alteredRecord(place: RecordPlace): SessionError {
  // Only with its creds a session is lost.
  const otherwise = place.type === 'creds' ? ' Only if you have no backup, delete the session and link the phone again.' : ''
  return new SessionError(
    'RECORD_CORRUPT',
    `${describeRecord(place)} was altered, cut off or swapped with another record: its key does not match. Nothing was changed. Restore it from a backup.${otherwise}`,
    place,
  )
}

/** It was never encrypted. */
function plainRecord(place: RecordPlace): SessionError {
  return new SessionError(
    'RECORD_CORRUPT',
    `${describeRecord(place)} is not encrypted, but the store is. Nothing was changed. If it is yours, encrypt it with the command "baileys-sessions encrypt" and --allow-plain, or with encryptRecords() and allowPlain; until then, the option allowPlain lets you read it.`,
    place,
  )
}

/** Records of a session were never encrypted, and nobody has said that they may be. */
export function plainRecords(sessionId: string, keys: readonly RecordKey[]): SessionError {
  // What a session begins with comes first: whoever slips something in slips in an account.
  const names = [...keys].sort((a, b) => Number(a.id !== '') - Number(b.id !== '')).map(({ type, id }) => (id === '' ? type : `${type} ${JSON.stringify(id)}`))
  const more = names.length > MOST_NAMES ? `, and ${names.length - MOST_NAMES} more` : ''
  const what = keys.length === 1 ? '1 record that is' : `${keys.length} records that are`
  return new SessionError(
    'RECORD_CORRUPT',
    `Session "${sessionId}" has ${what} not encrypted: ${names.slice(0, MOST_NAMES).join(', ')}${more}. It is unknown who wrote them, so they were not changed. If they are yours, encrypt them with allowPlain, or on the command line with --allow-plain.`,
    { sessionId },
  )
}

/** Another version has written it. */
function newerRecord(place: RecordPlace): SessionError {
  return new SessionError(
    'RECORD_CORRUPT',
    `${describeRecord(place)} was encrypted by a newer version of baileys-sessions, in a format that this version does not know. Nothing was changed. Update the package.`,
    place,
  )
}

/** Its key is not there. */
function unknownKey(place: RecordPlace, keyId: string): SessionError {
  return new SessionError(
    'WRONG_KEY',
    `${describeRecord(place)} is encrypted with the key ${JSON.stringify(keyId)}, which you did not give. Nothing was changed. Add that key under this id.`,
    place,
  )
}

/** There is another key in its place. */
function differentKey(place: RecordPlace, keyId: string): SessionError {
  return new SessionError(
    'WRONG_KEY',
    `${describeRecord(place)} is encrypted with a different key from the one you gave as ${JSON.stringify(keyId)}. Nothing was changed. Give the key that encrypted it; for a passphrase, the same passphrase and salt.`,
    place,
  )
}
