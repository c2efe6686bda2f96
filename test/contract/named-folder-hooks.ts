import { mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FileSystemSessionStore } from '../../src/adapters/filesystem/filesystem-session-store.js'
import type { SessionLease, SessionLock } from '../../src/lease/session-lock.js'
import { CREDS_KEY, type RecordKey } from '../../src/store/session-store.js'
import { AWKWARD_TEXTS, CASE_TWINS, HOSTILE_TEXTS } from '../../src/testing/contracts/hostile-texts.js'
import type { SessionLockContractHooks, SessionStoreContractHooks } from '../../src/testing/index.js'
import { declareHoldersDead, ownTokenFiles } from '../support/dead-holder.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** Where a store has its sessions. */
interface NamedPlace {
  readonly root: string
  readonly folders: Readonly<Record<string, string>>
  /** Whether there is a directory beside, for all other sessions. */
  readonly hasDirectory: boolean
}

const places = new WeakMap<object, NamedPlace>()
const storesOfLocks = new WeakMap<SessionLock, FileSystemSessionStore>()

const LOCK_IDS: readonly string[] = [
  ...['a', 'b', 'c', 'after', 'before', 'free', 'given back', 'held', 'new', 'noted', 'old', 'other', 'taken'],
  ...Array.from({ length: 40 }, (_, index) => `session ${index}`),
]

const IDS: readonly string[] = [
  ...LOCK_IDS,
  ...['A', 'a%', 'a-', 'a-creds', 'a-creds.json', 'a-pre-key-1', 'a/', 'a/creds', 'a:', 'a:creds', 'a:pre-key', 'a_', 'ab', 'd', 'many', 'never'],
  ...Array.from({ length: 50 }, (_, index) => [`session ${index}`, `before ${index}`, `late before ${index}`, `later before ${index}`]).flat(),
  ...HOSTILE_TEXTS,
  ...CASE_TWINS,
  ...AWKWARD_TEXTS.filter((text) => text !== ''),
]

function placeOf(subject: object): NamedPlace {
  const place = places.get(subject)
  if (place === undefined) throw new Error('It was not opened here.')
  return place
}

function open(place: NamedPlace): FileSystemSessionStore {
  const { root, folders, hasDirectory } = place
  const store = new FileSystemSessionStore(hasDirectory ? { folders, directory: join(root, 'others') } : { folders })
  places.set(store, place)
  storesOfLocks.set(store.lock, store)
  return store
}

/** A store that has a folder for each of the ids that the suites of a store use, in a new place. */
export function openNamedFolders(ids: readonly string[] = IDS): FileSystemSessionStore {
  const root = join(temporaryFolder(), 'here')
  return open({ root, hasDirectory: false, folders: Object.fromEntries([...new Set(ids)].map((id, index) => [id, join(root, `folder ${index}`)])) })
}

/** The lock of one that has a folder for each of the ids that the suites of a lock and of its cluster use; hostile ones, too, when asked for. */
export function openNamedLock({ withHostileIds = false }: { withHostileIds?: boolean } = {}): SessionLock {
  return openNamedFolders(withHostileIds ? IDS : LOCK_IDS).lock
}

/** A store that has folders for two of them, and a directory for all others. */
export function openNamedFoldersAndDirectory(): FileSystemSessionStore {
  const root = join(temporaryFolder(), 'here')
  return open({ root, hasDirectory: true, folders: { a: join(root, 'auth'), c: join(root, 'auth_info_baileys') } })
}

function folderOf(store: FileSystemSessionStore, sessionId: string): string {
  const { root, folders } = placeOf(store)
  return folders[sessionId] ?? join(root, 'others', `session-${sessionId}`)
}

function fileOf(store: FileSystemSessionStore, sessionId: string, { type, id }: RecordKey): string {
  return join(folderOf(store, sessionId), id === '' ? `${type}.json` : `${type}-${id}.json`)
}

function disconnect(store: FileSystemSessionStore): () => void {
  const { root } = placeOf(store)
  mkdirSync(root, { recursive: true })
  renameSync(root, `${root}.away`)
  writeFileSync(root, 'a file in its place')
  return () => {
    rmSync(root)
    renameSync(`${root}.away`, root)
  }
}

async function takeOver(store: FileSystemSessionStore, sessionId: string): Promise<SessionLease> {
  declareHoldersDead(ownTokenFiles(folderOf(store, sessionId)))
  const lease = await open(placeOf(store)).lock.acquire(sessionId)
  if (lease === null) throw new Error(`The lock of ${sessionId} was not given to another.`)
  return lease
}

/** What the store contract needs of it. */
export const namedFolderHooks: SessionStoreContractHooks<FileSystemSessionStore> = {
  reopen: (store) => open(placeOf(store)),
  openAnother: (store) => open(placeOf(store)),
  corrupt: (store, sessionId, key) => {
    const path = fileOf(store, sessionId, key)
    truncateSync(path)
    if (key.type === 'creds') truncateSync(join(dirname(path), '.creds.backup.json'))
  },
  damageCreds: (store, sessionId) => truncateSync(fileOf(store, sessionId, CREDS_KEY)),
  disconnect,
  takeOver,
}

function storeOf(lock: SessionLock): FileSystemSessionStore {
  const store = storesOfLocks.get(lock)
  if (store === undefined) throw new Error('It is not the lock of a store.')
  return store
}

/** What the lock contract needs of it. */
export const namedLockHooks: SessionLockContractHooks = {
  openAnother: (lock) => open(placeOf(storeOf(lock))).lock,
  disconnect: (lock) => disconnect(storeOf(lock)),
  takeOver: async (lock, sessionId) => {
    const lease = await takeOver(storeOf(lock), sessionId)
    // The old holder finds out with its next write.
    await storeOf(lock)
      .write(sessionId, [], { fencingToken: NaN })
      .catch(() => undefined)
    return lease
  },
  dispose: (lock) => storeOf(lock).close(),
}
