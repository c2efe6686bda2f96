import type { SessionLock } from '../lease/session-lock.js'
import type { DeleteOptions, RecordChange, RecordKey, SessionStore, StoredRecord, WriteOptions } from '../store/session-store.js'
import { checkEncryption, type EncryptionOptions } from './encryption-options.js'
import { KeyRing } from './key-ring.js'
import { needsKeys } from './missing-keys.js'
import { sealChanges } from './record-cipher.js'
import { type OpenedRecord, RecordOpener } from './record-opener.js'

/**
 * Puts encryption around any store: AES-256-GCM, with the session id, the type and the record id as additional data. What was
 * altered, cut off, or put in the place of another record is `RECORD_CORRUPT`; a record under a key that was not given is
 * `WRONG_KEY`, and never taken for missing. A write uses the current key; records under the other keys are read, and move on
 * when they are written next, or all at once with `encryptRecords`.
 *
 * What it does not hide: session ids, types and ids of records (the ids of Signal sessions hold phone numbers), how many there
 * are, how long, and when they change. It does not tell when somebody puts back an older version of the same record. A record
 * grows by a third and about 130 bytes.
 *
 * A value that is encrypted already is refused with a `TypeError`: encrypted twice, nobody would find it.
 *
 * Only values are encrypted: `list`, `records`, `delete`, `close` and the lock are those of `store`.
 *
 * @throws TypeError or RangeError for an option that cannot be used; it never quotes a key.
 */
export function encrypted(store: SessionStore, options: EncryptionOptions): SessionStore {
  return new EncryptedSessionStore(store, options)
}

/** The same in every copy of the package: an application may have loaded it as a module and as CommonJS. */
const BRAND = Symbol.for('baileys-sessions.encrypted-store')

/** Whether a store is one that {@link encrypted} made, in whichever copy of the package. */
export function isEncryptedStore(store: SessionStore): boolean {
  return Reflect.get(store, BRAND) === true
}

/** Something that is encrypted was to be encrypted again. */
export class SealedValueError extends TypeError {}

const LONE_SURROGATE = /\p{Surrogate}/u

class EncryptedSessionStore implements SessionStore {
  readonly [BRAND] = true
  readonly #store: SessionStore
  readonly #keys: KeyRing
  readonly #opener: RecordOpener

  constructor(store: SessionStore, options: EncryptionOptions) {
    const { keys, currentKeyId, allowPlain } = checkEncryption(options)
    this.#store = store
    this.#keys = new KeyRing(keys, currentKeyId)
    this.#opener = new RecordOpener(this.#keys, allowPlain)
  }

  get lock(): SessionLock {
    return this.#store.lock
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
    const copies = changes.map(change => ({ ...change }))
    const copiedOptions = { ...options }
    const key = await this.#keys.current()
    const sealed = sealChanges(key, sessionId, copies)
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
  throw new SealedValueError(`The value of record "${sealed.type}" "${sealed.id}" is encrypted already, and this store encrypts what it is given. Nothing was written. encryptRecords() takes the store inside encrypted(), also when something else is put around it.`)
}

function assertEncryptable(changes: readonly RecordChange[]): void {
  for (const { type, id, value } of changes) {
    if (value === null) continue
    if (typeof value !== 'string') throw new TypeError(`The value of record "${type}" "${id}" must be a text or null, not ${typeof value}.`)
    // It would come back as another text.
    if (LONE_SURROGATE.test(value)) throw new TypeError(`The value of record "${type}" "${id}" holds half of a character (a lone surrogate), which UTF-8 cannot hold.`)
  }
}
