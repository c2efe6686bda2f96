import { isSessionError, SessionError } from '../errors.js'
import { withLease } from '../lease/session-lock.js'
import { requireOptions } from '../option-checks.js'
import { requireStore } from '../store/require-store.js'
import { keyBatches, type SessionFailure, type SessionOutcome, type BatchOptions, runBatch } from '../store/session-batch.js'
import { keyText, type RecordKey, type SessionStore, type StoredRecord } from '../store/session-store.js'
import { checkEncryption, type EncryptionOptions, isEncryptedStore, SealedValueError } from './encrypted-session-store.js'
import { type CipherKey, KeyRing } from './key-ring.js'
import { plainRecords, RecordOpener, RecordSealer } from './record-cipher.js'

/** The result of an encryption: each session is in one of the lists. */
export interface EncryptReport {
  /** Sessions whose records were encrypted; all of them are under the current key now. */
  encrypted: string[]
  /** Sessions whose records were all under the current key already. Each record was opened. */
  unchanged: string[]
  /**
   * Sessions that still have records that are not under the current key, with the first reason: `OWNED_ELSEWHERE` if it is running,
   * `WRONG_KEY`, `RECORD_CORRUPT` (which names and counts plain records, unless `allowPlain` is set), `ABORTED`, or what the store
   * reported. Keep the old keys as long as there are any.
   */
  failed: SessionFailure[]
  /** The first error that `onProgress` threw, as `LISTENER_FAILED`; it changed nothing else. */
  progressError: SessionError | undefined
}

const SWEEP_NAMES = Object.keys({ sessions: 0, onProgress: 0, signal: 0 } satisfies Record<keyof BatchOptions, 0>)

/**
 * Encrypts with the current key what is not under it yet: records under older keys, and with `allowPlain` also plain ones. Pass the
 * plain store, not the one that `encrypted` returned.
 *
 * It handles one session at a time, under its lease, so running sessions are skipped. It handles a few records at a time, and reads
 * back and opens each batch before the next. Records that it cannot open stay as they are, and it continues with the rest of their
 * session. You can stop it at any moment and run it again: in between, records of both keys can be read. If the signal aborts, it
 * resolves with the report so far.
 *
 * It handles only records: old text may stay in the free pages of a database, and in a copy of the creds that an interrupted write
 * left behind. The command `baileys-sessions encrypt` handles those, too.
 *
 * @throws TypeError or RangeError for an argument that cannot be used, and a TypeError for a store that already encrypts, whatever
 * wraps it; nothing is written then. SessionError if the store cannot list its sessions.
 */
export async function encryptRecords(store: SessionStore, options: EncryptionOptions, sweepOptions: BatchOptions = {}): Promise<EncryptReport> {
  requireStore('store', store)
  const { keys, currentKeyId, allowPlain } = checkEncryption(options)
  if (isEncryptedStore(store))
    throw new TypeError('encryptRecords() needs the plain store, not the one that encrypted() returned. Otherwise it would encrypt the records twice.')
  requireOptions('', sweepOptions, SWEEP_NAMES)
  const ring = new KeyRing(keys, currentKeyId)
  const key = await ring.current()
  const encryptor = new SessionEncryptor({ store, key, opener: new RecordOpener(ring, true), allowPlain, signal: sweepOptions.signal })
  const { changed, unchanged, failed, progressError } = await runBatch(store, sweepOptions, (sessionId) => encryptor.encrypt(sessionId))
  if (encryptor.misuse !== undefined) throw encryptor.misuse
  return { encrypted: changed, unchanged, failed, progressError }
}

interface EncryptorParts {
  store: SessionStore
  key: CipherKey
  /** Opens plain records, too, so that they can be counted. */
  opener: RecordOpener
  allowPlain: boolean
  signal: AbortSignal | undefined
}

/** One batch, opened. */
interface OpenedBatch {
  /** What has to be written, still as plain text. */
  stale: (RecordKey & { value: string })[]
  /** What is not encrypted, and is not to be. */
  refused: RecordKey[]
  /** Why a record could not be opened. */
  error: SessionError | undefined
}

class SessionEncryptor {
  readonly #parts: EncryptorParts
  readonly #sealer = new RecordSealer()
  /** Set when the store turns out to encrypt by itself: then nothing more is tried. */
  misuse: SealedValueError | undefined

  constructor(parts: EncryptorParts) {
    this.#parts = parts
  }

  encrypt(sessionId: string): Promise<SessionOutcome> {
    const { store, signal } = this.#parts
    if (this.misuse !== undefined) return Promise.reject(this.misuse)
    return withLease(store.lock, sessionId, async ({ fencingToken }) => {
      const outcome: SessionOutcome = { changed: false, records: 0, error: undefined }
      const plain: RecordKey[] = []
      for await (const keys of keyBatches(store, sessionId, signal)) {
        const { stale, refused, error } = await this.#open(sessionId, keys)
        plain.push(...refused)
        outcome.error ??= error
        if (stale.length === 0) continue
        await this.#write(sessionId, stale, fencingToken)
        await this.#verify(sessionId, stale)
        outcome.changed = true
        outcome.records += stale.length
      }
      if (plain.length > 0) outcome.error = plainRecords(sessionId, plain)
      return outcome
    })
  }

  async #write(sessionId: string, stale: OpenedBatch['stale'], fencingToken: number): Promise<void> {
    try {
      await this.#parts.store.write(sessionId, this.#sealer.seal(this.#parts.key, sessionId, stale), { fencingToken })
    } catch (error) {
      if (error instanceof SealedValueError) this.misuse = error
      throw error
    }
  }

  async #open(sessionId: string, keys: readonly RecordKey[]): Promise<OpenedBatch> {
    const batch: OpenedBatch = { stale: [], refused: [], error: undefined }
    const { records, error } = await this.#read(sessionId, keys)
    batch.error = error
    for (const { record, opened } of await this.#parts.opener.open(sessionId, records)) {
      if (opened.kind === 'refused') batch.error ??= opened.error
      else if (opened.kind === 'plain' && !this.#parts.allowPlain) batch.refused.push({ type: record.type, id: record.id })
      else if (opened.kind === 'plain' || opened.key !== this.#parts.key) batch.stale.push({ type: record.type, id: record.id, value: opened.text })
    }
    return batch
  }

  /** One record that the store cannot read must not hold up the others. */
  async #read(sessionId: string, keys: readonly RecordKey[]): Promise<{ records: StoredRecord[]; error: SessionError | undefined }> {
    const { store } = this.#parts
    try {
      return { records: await store.read(sessionId, keys), error: undefined }
    } catch (cause) {
      if (!isSessionError(cause, 'RECORD_CORRUPT')) throw cause
      const [first, ...others] = keys
      if (first === undefined || others.length === 0) return { records: [], error: cause }
      const half = keys.length >> 1
      const parts = [await this.#read(sessionId, keys.slice(0, half)), await this.#read(sessionId, keys.slice(half))]
      return { records: parts.flatMap(({ records }) => records), error: cause }
    }
  }

  async #verify(sessionId: string, written: OpenedBatch['stale']): Promise<void> {
    const records = await this.#parts.store.read(sessionId, written)
    const stored = new Map((await this.#parts.opener.open(sessionId, records)).map(({ record, opened }) => [keyText(record), opened]))
    for (const key of written) {
      const opened = stored.get(keyText(key))
      if (opened?.kind === 'sealed' && opened.key === this.#parts.key && opened.text === key.value) continue
      throw new SessionError(
        'STORE_UNAVAILABLE',
        `The record ${key.type} ${JSON.stringify(key.id)} of session "${sessionId}" was written but read back differently, so the store does not keep what it gets. Stop, and check the store before you do anything else.`,
        { sessionId },
      )
    }
  }
}
