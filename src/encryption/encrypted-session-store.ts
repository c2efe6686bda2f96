import type { SessionLock } from '../lease/session-lock.js'
import { requireOptions } from '../option-checks.js'
import { requireStore } from '../store/require-store.js'
import type { DeleteOptions, RecordChange, RecordKey, SessionStore, StoredRecord, WriteOptions } from '../store/session-store.js'
import { needsKeys } from './envelope.js'
import { KeyRing, type KeySource, type PassphraseKey, readKeySource } from './key-ring.js'
import { type OpenedRecord, RecordOpener, RecordSealer } from './record-cipher.js'
import { sealNotes } from './sealed-cluster.js'

/** The same in every copy of the package: an application may have loaded it as a module and as CommonJS. */
const BRAND = Symbol.for('baileys-sessions.encrypted-store')

/** A key: 32 bytes that nobody can guess, or a passphrase that scrypt makes into such bytes. */
export type EncryptionKey = Uint8Array | PassphraseKey

/** The keys of an encrypted store. */
export interface EncryptionOptions {
  /**
   * Every key that records may be encrypted with, by id. Each record contains the id of its key, so the id is not a secret: 1 to 64
   * characters without control characters. The keys are copied. Never use one id for two keys.
   */
  keys: Readonly<Record<string, EncryptionKey>>
  /** The id of the key that every write uses; the others are only for reading. Must be among `keys`. */
  currentKeyId: string
  /**
   * Also reads records that are not encrypted, while you move a store to encryption; every write encrypts. Without it, such a
   * record is `RECORD_CORRUPT`, so that nobody who can write to the store can slip in a record of their own.
   *
   * @defaultValue false
   */
  allowPlain?: boolean | undefined
}

/** Options that were checked, with copies of the keys. */
interface CheckedEncryption {
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
    throw new TypeError('Option "keys" must be an object that maps key ids to keys, such as { main: bytes }.')
  }
  if (typeof allowPlain !== 'boolean') throw new TypeError(`Option "allowPlain" must be true or false, but is of type ${typeof allowPlain}.`)
  if (typeof currentKeyId !== 'string') throw new TypeError(`Option "currentKeyId" must be a string, but is of type ${typeof currentKeyId}.`)
  // A map, in which an id such as "__proto__" is an id like any other.
  const sources = new Map(Object.entries(keys).map(([keyId, key]) => [checkKeyId(keyId), readKeySource(keyId, key)]))
  if (!sources.has(currentKeyId))
    throw new RangeError(`Option "currentKeyId" must be one of the ids of "keys", but ${JSON.stringify(currentKeyId)} is not among them.`)
  return { keys: sources, currentKeyId, allowPlain }
}

function checkKeyId(keyId: string): string {
  if (KEY_ID.test(keyId)) return keyId
  throw new RangeError(
    `The key id ${JSON.stringify(keyId.slice(0, 64))} in option "keys" is invalid: it must have 1 to 64 characters, without control characters.`,
  )
}

/**
 * Adds encryption to any store: AES-256-GCM, with the session id, the type and the record id as additional data. A record that was
 * altered, cut off or swapped with another is `RECORD_CORRUPT`; a record under a key that you did not give is `WRONG_KEY`, and
 * never counts as missing. A write uses the current key; records under the other keys can be read, and move to the current key with
 * their next write, or all at once with `encryptRecords`.
 *
 * It does not hide session ids, types and ids of records (the ids of Signal sessions contain phone numbers), how many there are,
 * how long they are, and when they change. It does not notice if somebody puts back an older version of the same record. A record
 * grows by a third and about 130 bytes.
 *
 * It refuses a value that is already encrypted with a `TypeError`, because nobody would notice that it was encrypted twice.
 *
 * Only values are encrypted, and what a process notes in the cluster about the sessions it runs: `list`, `records`, `delete`, `close` and all
 * else of the lock are those of `store`.
 *
 * @throws TypeError or RangeError for an argument that cannot be used; it never quotes a key.
 */
export function encrypted(store: SessionStore, options: EncryptionOptions): SessionStore {
  return new EncryptedSessionStore(store, options)
}

/** Whether a store is one that {@link encrypted} made, in whichever copy of the package. */
export function isEncryptedStore(store: SessionStore): boolean {
  return Reflect.get(store, BRAND) === true
}

/** Something that is encrypted was to be encrypted again. */
export class SealedValueError extends TypeError {}

class EncryptedSessionStore implements SessionStore {
  readonly [BRAND] = true
  readonly #store: SessionStore
  readonly #keys: KeyRing
  readonly #opener: RecordOpener
  readonly #sealer = new RecordSealer()
  /** The lock of the store inside, and around it. */
  #lock: { readonly inner: SessionLock; readonly sealed: SessionLock } | undefined

  constructor(store: SessionStore, options: EncryptionOptions) {
    requireStore('store', store)
    const { keys, currentKeyId, allowPlain } = checkEncryption(options)
    this.#store = store
    this.#keys = new KeyRing(keys, currentKeyId)
    this.#opener = new RecordOpener(this.#keys, allowPlain)
  }

  get lock(): SessionLock {
    const { lock } = this.#store
    if (this.#lock?.inner !== lock) this.#lock = { inner: lock, sealed: sealNotes(lock, { keys: this.#keys, opener: this.#opener }) }
    return this.#lock.sealed
  }

  list(): AsyncIterable<string> {
    return this.#store.list()
  }

  records(sessionId: string): AsyncIterable<RecordKey> {
    return this.#store.records(sessionId)
  }

  async read(sessionId: string, keys: readonly RecordKey[]): Promise<StoredRecord[]> {
    const records = await this.#store.read(sessionId, keys)
    return (await this.#opener.open(sessionId, records)).map(openedRecord)
  }

  async write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions = {}): Promise<void> {
    assertNotSealed(changes)
    await this.#write(sessionId, changes, options)
  }

  async #write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions): Promise<void> {
    assertEncryptable(changes)
    // Taken now: what the caller does to its objects later is no part of this write.
    const copies = changes.map((change) => ({ ...change }))
    const copiedOptions = { ...options }
    const key = await this.#keys.current()
    const sealed = this.#sealer.seal(key, sessionId, copies)
    // Around one of its own kind it encrypts twice on purpose.
    if (this.#store instanceof EncryptedSessionStore) await this.#store.#write(sessionId, sealed, copiedOptions)
    else await this.#store.write(sessionId, sealed, copiedOptions)
  }

  delete(sessionId: string, options: DeleteOptions = {}): Promise<void> {
    const copiedOptions = { ...options }
    return this.#inTurn(() => this.#store.delete(sessionId, copiedOptions))
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#store.close())
  }

  /** Waits for the key as a write does, no longer and no shorter, so that nothing overtakes what was called before it. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    try {
      await this.#keys.currentUnderway
    } catch {
      // Writes have failed; this needs no key.
    }
    await work()
  }
}

function openedRecord({ record, opened }: OpenedRecord): StoredRecord {
  if (opened.kind === 'refused') throw opened.error
  return { ...record, value: opened.text }
}

/** Whoever writes one has read it around this store, or takes this store for the one inside: opened once, it would still be sealed. */
function assertNotSealed(changes: readonly RecordChange[]): void {
  const sealed = changes.find(({ value }) => typeof value === 'string' && needsKeys(value))
  if (sealed === undefined) return
  throw new SealedValueError(
    `The value of record "${sealed.type}" "${sealed.id}" is already encrypted, and this store encrypts what it gets. Nothing was written. encryptRecords() needs the plain store inside encrypted(), even if something else wraps it.`,
  )
}

function assertEncryptable(changes: readonly RecordChange[]): void {
  for (const { type, id, value } of changes) {
    if (value === null) continue
    if (typeof value !== 'string') throw new TypeError(`The value of record "${type}" "${id}" must be a string or null, but is of type ${typeof value}.`)
    // It would come back as another text.
    if (!value.isWellFormed())
      throw new TypeError(`The value of record "${type}" "${id}" contains half of a character (a lone surrogate), which UTF-8 cannot store.`)
  }
}
