import { requireOptions } from '../options/option-checks.js'
import type { KeySource, PassphraseKey } from './key-source.js'
import { readKeySource } from './key-source.js'

/** A key: 32 bytes that nobody can guess, or a passphrase that scrypt makes into such bytes. */
export type EncryptionKey = Uint8Array | PassphraseKey

/** The keys of an encrypted store. */
export interface EncryptionOptions {
  /**
   * Every key that records may be encrypted with, by its id. The id stands in each record, so it is no secret: 1 to 64
   * characters without control characters. Copies are taken. Under one id there must only ever be one key.
   */
  keys: Readonly<Record<string, EncryptionKey>>
  /** The id of the key that every write uses; the others only read. Must be among `keys`. */
  currentKeyId: string
  /**
   * Reads records that are not encrypted, for the time of a move; each write encrypts. Without it such a record is
   * `RECORD_CORRUPT`, so that nobody who can write to the store can slip in a record of their own.
   *
   * @defaultValue false
   */
  allowPlain?: boolean | undefined
}

/** Options that were checked, with copies of the keys. */
export interface CheckedEncryption {
  /** The keys by id. */
  keys: ReadonlyMap<string, KeySource>
  /** One of them. */
  currentKeyId: string
  /** Whether plain records are read. */
  allowPlain: boolean
}

const NAMES = Object.keys({ keys: 0, currentKeyId: 0, allowPlain: 0 } satisfies Record<keyof EncryptionOptions, 0>)

const KEY_ID = /^[^\p{Cc}\p{Cs}]{1,64}$/u

/** Checks the options and copies the keys. Throws `TypeError` or `RangeError`, which never quote a key. */
export function checkEncryption(options: EncryptionOptions): CheckedEncryption {
  requireOptions('', options, NAMES)
  // Options come from applications in plain JavaScript, too.
  const { keys, currentKeyId, allowPlain = false } = options as Partial<Record<keyof EncryptionOptions, unknown>>
  if (typeof keys !== 'object' || keys === null || Array.isArray(keys) || ArrayBuffer.isView(keys) || keys instanceof Map) {
    throw new TypeError('Option "keys" must be an object with a key for each key id, such as { main: bytes }.')
  }
  if (typeof allowPlain !== 'boolean') throw new TypeError(`Option "allowPlain" must be true or false, not ${typeof allowPlain}.`)
  if (typeof currentKeyId !== 'string') throw new TypeError(`Option "currentKeyId" must be a text, not ${typeof currentKeyId}.`)
  // A map, in which an id such as "__proto__" is an id like any other.
  const sources = new Map(Object.entries(keys).map(([keyId, key]) => [checkKeyId(keyId), readKeySource(keyId, key)]))
  if (!sources.has(currentKeyId)) throw new RangeError(`Option "currentKeyId" must be one of the ids of "keys", but ${JSON.stringify(currentKeyId)} is not among them.`)
  return { keys: sources, currentKeyId, allowPlain }
}

function checkKeyId(keyId: string): string {
  if (KEY_ID.test(keyId)) return keyId
  throw new RangeError(`The key id ${JSON.stringify(keyId.slice(0, 64))} of option "keys" cannot be used: it must be 1 to 64 characters without control characters.`)
}
