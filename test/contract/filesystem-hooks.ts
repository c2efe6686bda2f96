import { mkdirSync, readdirSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FileConnectionRepository } from '../../src/adapters/filesystem/file-connection-repository.js'
import { FileSystemSessionStore } from '../../src/adapters/filesystem/filesystem-session-store.js'
import type { SessionLease, SessionLock } from '../../src/lease/session-lock.js'
import { CREDS_KEY, type RecordKey } from '../../src/store/session-store.js'
import type { ConnectionRepositoryContractHooks, SessionLockContractHooks, SessionStoreContractHooks } from '../../src/testing/index.js'
import { declareDead, tokenFiles } from '../support/dead-holder.js'
import { FileLock, type FileLockOptions } from '../support/opened-locks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

// Where each store, lock and repository keeps its files.
const places = new WeakMap<object, { path: string; prefix: string }>()
const storesOfLocks = new WeakMap<SessionLock, FileSystemSessionStore>()

const LONG_AGO = new Date(Date.now() - 11 * 60_000)
/** As a clock dates that is set back by an hour afterwards. */
const AHEAD = new Date(Date.now() + 3_600_000)

function pathOf(subject: object): string {
  return placeOf(subject).path
}

function placeOf(subject: object): { path: string; prefix: string } {
  const place = places.get(subject)
  if (place === undefined) throw new Error('It was not opened here.')
  return place
}

/** Puts a file where a folder should be, or a folder where a file should be, until the function returned is called. */
function block(path: string, makeObstacle: (path: string) => void): () => void {
  renameSync(path, `${path}.away`)
  makeObstacle(path)
  return () => {
    rmSync(path, { recursive: true })
    renameSync(`${path}.away`, path)
  }
}

function blockFolder(path: string): () => void {
  mkdirSync(path, { recursive: true })
  return block(path, (folder) => writeFileSync(folder, 'a file in its place'))
}

async function mustTake(lock: SessionLock, sessionId: string): Promise<SessionLease> {
  const lease = await lock.acquire(sessionId)
  if (lease === null) throw new Error(`The lock of ${sessionId} was not given to another.`)
  return lease
}

/** A file system store in a new folder. */
export function openFileSystemStore(prefix: string, directory: string = join(temporaryFolder(), 'sessions')): FileSystemSessionStore {
  const store = new FileSystemSessionStore({ directory, prefix })
  places.set(store, { path: directory, prefix })
  storesOfLocks.set(store.lock, store)
  return store
}

function openStoreBeside(store: FileSystemSessionStore): FileSystemSessionStore {
  const { path, prefix } = placeOf(store)
  return openFileSystemStore(prefix, path)
}

function fileOf(store: FileSystemSessionStore, sessionId: string, { type, id }: RecordKey): string {
  const { path, prefix } = placeOf(store)
  return join(path, `${prefix}${sessionId}`, id === '' ? `${type}.json` : `${type}-${id}.json`)
}

/** What the store contract needs of it. */
export const fileSystemStoreHooks: SessionStoreContractHooks<FileSystemSessionStore> = {
  reopen: openStoreBeside,
  openAnother: openStoreBeside,
  corrupt: (store, sessionId, { type, id }) => {
    const path = fileOf(store, sessionId, { type, id })
    truncateSync(path)
    if (type === 'creds') truncateSync(join(dirname(path), '.creds.backup.json'))
  },
  damageCreds: (store, sessionId) => truncateSync(fileOf(store, sessionId, CREDS_KEY)),
  disconnect: (store) => blockFolder(pathOf(store)),
  takeOver: (store, sessionId) => takeOverStoreLock(store, sessionId),
}

function takeOverStoreLock(store: FileSystemSessionStore, sessionId: string): Promise<SessionLease> {
  declareDead(join(pathOf(store), '.baileys-sessions'), sessionId)
  return mustTake(openStoreBeside(store).lock, sessionId)
}

/** The lock of a file system store. */
export function openFileSystemStoreLock(): SessionLock {
  return openFileSystemStore('session-').lock
}

function storeOf(lock: SessionLock): FileSystemSessionStore {
  const store = storesOfLocks.get(lock)
  if (store === undefined) throw new Error('It is not the lock of a store.')
  return store
}

/** What the lock contract needs of it. */
export const storeLockHooks: SessionLockContractHooks = {
  openAnother: (lock) => openStoreBeside(storeOf(lock)).lock,
  disconnect: (lock) => blockFolder(pathOf(storeOf(lock))),
  takeOver: async (lock, sessionId) => {
    const lease = await takeOverStoreLock(storeOf(lock), sessionId)
    // The old holder finds out with its next write.
    await storeOf(lock)
      .write(sessionId, [], { fencingToken: NaN })
      .catch(() => undefined)
    return lease
  },
  dispose: (lock) => storeOf(lock).close(),
}

/** A file lock in a new folder. */
export function openFileLock(folder: string = join(temporaryFolder(), 'locks'), options: Partial<FileLockOptions> = {}): FileLock {
  const lock = new FileLock({ folder, ...options })
  places.set(lock, { path: folder, prefix: '' })
  return lock
}

/** What the lock contract needs of it. */
export const fileLockHooks: SessionLockContractHooks<FileLock> = {
  openAnother: (lock) => openFileLock(pathOf(lock)),
  disconnect: (lock) => blockFolder(pathOf(lock)),
  takeOver: async (lock, sessionId) => {
    declareDead(pathOf(lock), sessionId)
    const lease = await mustTake(openFileLock(pathOf(lock)), sessionId)
    // The old holder finds out with its next write.
    await lock.mayWrite(sessionId).catch(() => undefined)
    return lease
  },
  dispose: (lock) => lock.close(),
}

/** One that cannot judge other holders by their pid, with a heartbeat that always counts as late. */
export function openFileLockElsewhere(folder?: string): FileLock {
  return openFileLock(folder, { describe: async (owner, nonce) => ({ owner, nonce, pid: 1, hostname: 'elsewhere', platform: 'linux' }) })
}

/** What the lock contract needs of it; a holder that is taken over was last heard of then. */
function elsewhereHooks(lastSign: Date): SessionLockContractHooks<FileLock> {
  return {
    ...fileLockHooks,
    openAnother: (lock) => openFileLockElsewhere(pathOf(lock)),
    takeOver: async (lock, sessionId) => {
      for (const path of tokenFiles(pathOf(lock), sessionId)) utimesSync(path, lastSign, lastSign)
      const heartbeats = join(pathOf(lock), 'heartbeats')
      for (const name of readdirSync(heartbeats)) utimesSync(join(heartbeats, name), lastSign, lastSign)
      const lease = await mustTake(openFileLock(pathOf(lock)), sessionId)
      await lock.mayWrite(sessionId).catch(() => undefined)
      return lease
    },
  }
}

/** A holder that was not heard of for long. */
export const elsewhereLockHooks: SessionLockContractHooks<FileLock> = elsewhereHooks(LONG_AGO)

/** A holder that died before the clock was set back. */
export const setBackLockHooks: SessionLockContractHooks<FileLock> = elsewhereHooks(AHEAD)

/** A file repository in a new folder. */
export function openFileRepository(file: string = join(temporaryFolder(), 'connections.json')): FileConnectionRepository {
  const repository = new FileConnectionRepository({ file })
  places.set(repository, { path: file, prefix: '' })
  return repository
}

/** What the repository contract needs of it. */
export const fileRepositoryHooks: ConnectionRepositoryContractHooks<FileConnectionRepository> = {
  reopen: (repository) => openFileRepository(pathOf(repository)),
  disconnect: (repository) => block(pathOf(repository), (path) => mkdirSync(path)),
}
