import { resolve } from 'node:path'
import { encrypted, type EncryptionKey } from '../encryption/encrypted-session-store.js'
import { type KeyFile, parseKeys, readKeys } from '../encryption/key-file.js'
import { isSessionError } from '../errors.js'
import type { SessionStore } from '../store/session-store.js'
import { CommandError } from './command-environment.js'
import { listFolders } from './stores/sessions-folder.js'
import type { StoreName } from './stores/store-name.js'

/** A store, and what the keys that were given make of it. */
export interface StoreView {
  /** The store as it is. */
  readonly raw: SessionStore
  /** The store as an application with these keys sees it, plain records included; `raw` without keys. */
  readonly open: SessionStore
  /** The id of the key that writes would use; `null` without keys. */
  readonly currentKeyId: string | null
}

/** Looks at a store with the keys of a file, if one was named. Rejects with a `CommandError` for a file that is of no use. */
export async function viewStore(raw: SessionStore, keyFile: string | undefined, directory: string): Promise<StoreView> {
  if (keyFile === undefined) return { raw, open: raw, currentKeyId: null }
  const keys = await readKeyFile(keyFile, directory)
  return { raw, open: sealStore(raw, keys, true), currentKeyId: keys.currentKeyId }
}

/** Puts the keys of a file around a store. Throws a `CommandError` for keys that cannot be used. */
export function sealStore(raw: SessionStore, keys: KeyFile, allowPlain: boolean): SessionStore {
  try {
    return encrypted(raw, { ...keys, allowPlain })
  } catch (error) {
    // It says which key and why, and never quotes one.
    if (error instanceof RangeError || error instanceof TypeError) throw new CommandError(`The keys cannot be used. ${error.message}`)
    throw error
  }
}

/** The ids of all sessions of a store, in an order that does not depend on the disk. */
export async function listSessions(store: SessionStore): Promise<string[]> {
  const ids: string[] = []
  for await (const sessionId of store.list()) ids.push(sessionId)
  return ids.sort()
}

/** The same, and whatever else has the name of a session: folders of something else, for commands that say why they leave them alone. */
export async function listNamedSessions({ folder }: StoreName, store: SessionStore): Promise<string[]> {
  return folder === null ? listSessions(store) : (await listFolders(folder)).sort()
}

/** How long one call to a store may take: as long as a manager would wait by default. */
export const READ_TIMEOUT_MS = 15_000

/** Reads a file of keys. Rejects with a `CommandError`, which quotes nothing of it, also when others may read the file. */
export async function readKeyFile(path: string, directory: string): Promise<KeyFile> {
  return readKeys(resolve(directory, path), path).catch(asCommandError)
}

/** Understands the text of a file of keys. Throws a `CommandError`, which quotes nothing of it but key ids. */
export function parseKeyFile(text: string, path: string): KeyFile {
  try {
    return parseKeys(text, path)
  } catch (error) {
    return asCommandError(error)
  }
}

function asCommandError(error: unknown): never {
  throw isSessionError(error) ? new CommandError(error.message) : error
}

/** Keys of several files; the current one is that of the first. Throws a `CommandError` when they have two keys of one id. */
export function mergeKeyFiles(first: KeyFile, others: readonly KeyFile[]): KeyFile {
  const keys = new Map(Object.entries(first.keys))
  for (const [keyId, key] of others.flatMap((other) => Object.entries(other.keys))) {
    const known = keys.get(keyId)
    if (known !== undefined && !isSame(known, key))
      throw new CommandError(`The key files contain two different keys with the id ${JSON.stringify(keyId)}. Give the new key another id.`)
    keys.set(keyId, key)
  }
  return { currentKeyId: first.currentKeyId, keys: Object.fromEntries(keys) }
}

function isSame(a: EncryptionKey, b: EncryptionKey): boolean {
  if (a instanceof Uint8Array || b instanceof Uint8Array) return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0
  return a.passphrase === b.passphrase && a.salt === b.salt
}
