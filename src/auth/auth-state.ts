import type { AuthenticationCreds, AuthenticationState, SignalDataSet, SignalDataTypeMap, SignalKeyStore } from '@whiskeysockets/baileys'
import { withDeadline } from '../async/deadline.js'
import { SessionError } from '../errors.js'
import { LinkedOwner } from '../socket/workarounds/keep-linked-owner.js'
import { requireRecords } from '../store/read-answer.js'
import { CREDS_KEY, LIFECYCLE_KEY, type RecordChange, type RecordKey, type SessionStore, type StoredRecord } from '../store/session-store.js'
import { asStoreError, storeTimeout } from '../store/store-failure.js'
import { decodeSignalKey, encodeAuthValue, type KeyMessages } from './auth-codec.js'
import { encodeLifecycle, freshLifecycle } from './lifecycle-record.js'
import { hashIdentity, phoneNumberOf } from './stored-session.js'
import { attemptAgain, WriteQueue } from './write-queue.js'

/** What the auth state of one generation is made of. */
export interface AuthStateOptions {
  /** The session. */
  sessionId: string
  /** The Baileys in use. */
  baileys: KeyMessages
  /** Where the records are. */
  store: SessionStore
  /** The token of the lease of this generation. */
  fencingToken: number
  /** The deadline of one store call. */
  timeoutMs: number
  /** The credentials to begin with; Baileys changes them in place. */
  creds: AuthenticationCreds
  /** The text they are stored as, when they are stored and paired; empty when what is stored is damaged. */
  storedText: string | null
  /** Told when the store could not be written or read. */
  onFailure: (error: SessionError) => void
  /** Told of what was not in order, and was put right. */
  onProblem: (error: SessionError) => void
}

/**
 * Baileys' view of the credentials of one generation of a session. Until the pairing has succeeded everything stays in memory;
 * then creds and keys replace what was stored before, in one write.
 */
export class AuthState {
  /** The live credentials: Baileys changes them in place. */
  readonly creds: AuthenticationCreds
  readonly #options: Omit<AuthStateOptions, 'creds' | 'storedText'>
  readonly #queue: WriteQueue
  readonly #owner: LinkedOwner
  /** Keys of a pairing that has not succeeded yet; `null` once it has. */
  #unpairedKeys: Map<string, RecordChange> | null
  #savedCreds: string | null
  /** What the pairing has to store, until it is stored. */
  #unsavedPairing: readonly RecordChange[] | null = null
  readonly #failure = new AbortController()
  /** Aborts when the generation is over. */
  readonly #sealed = new AbortController()

  constructor({ creds, storedText, ...options }: AuthStateOptions) {
    this.#options = options
    this.creds = creds
    this.#owner = new LinkedOwner(creds)
    this.#unpairedKeys = storedText === null ? new Map() : null
    this.#savedCreds = storedText
    const { sessionId, store, fencingToken, timeoutMs } = options
    this.#queue = new WriteQueue({
      sessionId,
      timeoutMs,
      write: (changes, writeOptions) => store.write(sessionId, changes, { ...writeOptions, fencingToken }),
      onFailure: (error) => this.#fail(error),
    })
  }

  /** What is given to Baileys as `auth`. */
  get authenticationState(): AuthenticationState {
    const keys: SignalKeyStore = { get: (type, ids) => this.#getKeys(type, ids), set: (data) => this.#setKeys(data) }
    return { creds: this.creds, keys }
  }

  /** Whether the credentials are those of a linked device. */
  get paired(): boolean {
    return this.#owner.me !== undefined
  }

  /** Names the identity of these credentials. */
  get identity(): string {
    return hashIdentity(this.creds.noiseKey.public)
  }

  /** The linked number, digits only. */
  get phoneNumber(): string | undefined {
    return phoneNumberOf(this.#owner.me?.id)
  }

  /** Stores the credentials as they are when their turn comes; while nothing is paired they stay in memory. */
  async saveCreds(): Promise<void> {
    if (!this.paired) return
    this.#keepOwner()
    const unpairedKeys = this.#unpairedKeys
    if (unpairedKeys === null) {
      await this.#queue.writeLatest(() => this.#credsChange())
      return
    }
    this.#unpairedKeys = null
    const lifecycle = freshLifecycle(this.identity)
    this.#unsavedPairing = [...unpairedKeys.values(), { ...LIFECYCLE_KEY, value: encodeLifecycle(lifecycle) }, this.#credsChange()]
    await this.#queue.write(this.#unsavedPairing, true)
    this.#unsavedPairing = null
  }

  /** What a pairing that succeeded could not store yet: it must not be lost, for the phone has the device linked already. */
  get unsavedPairing(): readonly RecordChange[] | null {
    return this.#unsavedPairing
  }

  /** Resolves when everything that Baileys gave so far is stored; rejects when something could not be. */
  async flushed(): Promise<void> {
    // Creds are also changed in place, without an event: what is announced as durable must be what they are now.
    if (this.paired && (this.#queue.hasLatest || encodeAuthValue(this.creds) !== this.#savedCreds)) await this.saveCreds()
    await this.#queue.idle()
    if (this.#queue.failure !== null) throw this.#queue.failure
  }

  /** Aborts when the store could not be written or read: from then on Baileys must not answer the server any more. */
  get failed(): AbortSignal {
    return this.#failure.signal
  }

  /** Refuses every later read and write of this generation. */
  seal(): void {
    this.#sealed.abort()
    this.#queue.seal()
  }

  #keepOwner(): void {
    if (!this.#owner.keep()) return
    const { sessionId, onProblem } = this.#options
    onProblem(
      new SessionError(
        'ALREADY_PAIRED',
        `Something overwrote the phone that session "${sessionId}" is linked to, as the socket's requestPairingCode() does. The library restored it. Request a pairing code only while no phone is linked.`,
        { sessionId },
      ),
    )
  }

  #fail(error: SessionError): void {
    this.#failure.abort(error)
    this.#options.onFailure(error)
  }

  #credsChange(): RecordChange {
    this.#savedCreds = encodeAuthValue(this.creds)
    return { ...CREDS_KEY, value: this.#savedCreds }
  }

  async #getKeys<Type extends keyof SignalDataTypeMap>(type: Type, ids: string[]): Promise<Record<string, SignalDataTypeMap[Type]>> {
    const keys = ids.map((id): RecordKey => ({ type, id }))
    const records = this.#unpairedKeys === null ? await this.#readKeys(keys) : readHeld(this.#unpairedKeys, keys)
    return Object.fromEntries(records.map(({ id, value }) => [id, this.#decode(type, id, value)]))
  }

  async #readKeys(keys: readonly RecordKey[]): Promise<StoredRecord[]> {
    const { sessionId, store, timeoutMs } = this.#options
    // Reads wait for the writes before them, so that nobody sees a value that is about to be replaced.
    await this.#queue.caughtUp()
    try {
      // The socket has ended: nobody waits for an answer.
      if (this.#sealed.signal.aborted) throw staleReader(sessionId)
      return requireRecords(
        await attemptAgain(
          sessionId,
          () => withDeadline(store.read(sessionId, keys), timeoutMs, () => storeTimeout(sessionId, 'read', timeoutMs)),
          this.#sealed.signal,
        ),
      )
    } catch (cause) {
      throw this.#readFailed(asStoreError(sessionId, cause))
    }
  }

  /**
   * To Baileys a read that fails is a message that cannot be decrypted, which it refuses. Without a socket it cannot do that, and
   * the server delivers the message again.
   */
  #readFailed(error: SessionError): SessionError {
    const isPassing = error.code === 'STORE_UNAVAILABLE' || error.code === 'STORE_TIMEOUT'
    if (isPassing && !this.failed.aborted) this.#fail(error)
    return error
  }

  #decode<Type extends keyof SignalDataTypeMap>(type: Type, id: string, value: string): SignalDataTypeMap[Type] {
    try {
      return decodeSignalKey(this.#options.baileys, type, value)
    } catch {
      // Without the cause: the message of a syntax error quotes the text, which is a key.
      throw new SessionError('RECORD_CORRUPT', `The record ${type} "${id}" of session "${this.#options.sessionId}" cannot be read. Nothing was changed.`, {
        sessionId: this.#options.sessionId,
      })
    }
  }

  async #setKeys(data: SignalDataSet): Promise<void> {
    const changes = toChanges(data)
    if (changes.length === 0) return
    const held = this.#unpairedKeys
    if (held === null) {
      await this.#queue.write(changes)
      return
    }
    for (const change of changes) held.set(heldName(change), change)
  }
}

function staleReader(sessionId: string): SessionError {
  return new SessionError('STALE_WRITER', `A read of session "${sessionId}" was refused, because its connection had already ended.`, { sessionId })
}

const heldName = ({ type, id }: RecordKey): string => JSON.stringify([type, id])

function readHeld(held: ReadonlyMap<string, RecordChange>, keys: readonly RecordKey[]): StoredRecord[] {
  return keys.flatMap(({ type, id }) => {
    const value = held.get(heldName({ type, id }))?.value ?? null
    return value === null ? [] : [{ type, id, value }]
  })
}

function toChanges(data: SignalDataSet): RecordChange[] {
  return Object.entries(data).flatMap(([type, values]) =>
    Object.entries(values).map(([id, value]): RecordChange => ({ type, id, value: value === null || value === undefined ? null : encodeAuthValue(value) })),
  )
}
