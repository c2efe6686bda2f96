import { SessionError } from '../../../src/errors.js'
import type { ConnectionRecord } from '../../../src/repository/connection-repository.js'
import type { DeleteOptions, RecordChange, RecordKey, StoredRecord, WriteOptions } from '../../../src/store/session-store.js'
import { keyText, type SharedLock, type SharedRepository, type SharedStore } from './shared-memory.js'

type Write = (sessionId: string, changes: readonly RecordChange[], options: WriteOptions) => Promise<void>
type Read = (sessionId: string, keys: readonly RecordKey[]) => Promise<StoredRecord[]>
type Acquire = SharedLock['acquire']
type Save = SharedRepository['save']
type Changes = Partial<ConnectionRecord>

/** Puts something around `write`. */
export function aroundWrite(store: SharedStore, around: (write: Write) => Write): void {
  const broken = around(store.write.bind(store))
  store.write = (sessionId, changes, options?: WriteOptions) => broken(sessionId, changes, options ?? {})
}

/** Puts something around `read`. */
export function aroundRead(store: SharedStore, around: (read: Read) => Read): void {
  store.read = around(store.read.bind(store))
}

/** Puts something around `delete`. */
export function aroundDelete(store: SharedStore, around: (remove: SharedStore['delete']) => SharedStore['delete']): void {
  store.delete = around(store.delete.bind(store))
}

/** Changes the texts on their way in. */
export function changeValues(store: SharedStore, changed: (value: string, record: RecordKey) => string): void {
  aroundWrite(
    store,
    (write) => (sessionId, changes, options) =>
      write(
        sessionId,
        changes.map(({ type, id, value }) => ({ type, id, value: typeof value === 'string' ? changed(value, { type, id }) : value })),
        options,
      ),
  )
}

/** Takes some session ids for others. */
export function confuseIds(store: SharedStore, other: (sessionId: string) => string): void {
  const records = store.records.bind(store)
  store.records = (sessionId) => records(other(sessionId))
  aroundWrite(store, (write) => (sessionId, changes, options) => write(other(sessionId), changes, options))
  aroundRead(store, (read) => (sessionId, keys) => read(other(sessionId), keys))
  aroundDelete(store, (remove) => (sessionId, options) => remove(other(sessionId), options))
}

/** Takes some record keys for others. */
export function confuseKeys(store: SharedStore, other: (key: RecordKey) => RecordKey): void {
  aroundWrite(
    store,
    (write) => (sessionId, changes, options) =>
      write(
        sessionId,
        changes.map(({ type, id, value }) => ({ ...other({ type, id }), value })),
        options,
      ),
  )
  aroundRead(store, (read) => async (sessionId, keys) => {
    const found = await read(sessionId, keys.map(other))
    return keys.flatMap((key) => {
      const record = found.find((one) => keyText(one) === keyText(other(key)))
      return record === undefined ? [] : [{ ...record, ...key }]
    })
  })
}

/** Checks tokens only where this says so. */
export function checkingOnly(store: SharedStore, check: (sessionId: string, token: number | undefined) => boolean): void {
  const strict = store.check.bind(store)
  store.check = (sessionId, token) => {
    if (check(sessionId, token)) strict(sessionId, token)
  }
}

/** Makes a method of a store skip the check of tokens. */
export function unchecked(store: SharedStore, options: WriteOptions | DeleteOptions, isUnchecked: boolean): WriteOptions {
  const { check } = store
  if (isUnchecked)
    store.check = () => {
      store.check = check
    }
  return options
}

/** Puts something around `acquire`. */
export function aroundAcquire(lock: SharedLock, around: (acquire: Acquire) => Acquire): void {
  lock.acquire = around(lock.acquire.bind(lock))
}

/** Puts something around `save`. */
export function aroundSave(repository: SharedRepository, around: (save: Save) => Save): void {
  repository.save = around(repository.save.bind(repository))
}

/** Changes what is saved on its way in. */
export function changeSaved(changed: (changes: Changes, repository: SharedRepository, sessionId: string) => Changes): (repository: SharedRepository) => void {
  return (repository) => aroundSave(repository, (save) => async (sessionId, changes) => save(sessionId, changed(changes, repository, sessionId)))
}

/** The refusal that a store gives. */
export function refusal(code: 'INVALID_SESSION_ID' | 'STALE_WRITER' | 'STORE_UNAVAILABLE'): SessionError {
  return new SessionError(code, 'It is refused.')
}

/** Lets other work go on. */
export async function tick(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
}
