import { resolve } from 'node:path'
import type { EncryptionKey } from '../encryption/encryption-options.js'
import { type KeyFile, parseKeys, readKeys } from '../encryption/key-file.js'
import { isSessionError } from '../errors.js'
import { CommandError } from './command-environment.js'

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
  for (const [keyId, key] of others.flatMap(other => Object.entries(other.keys))) {
    const known = keys.get(keyId)
    if (known !== undefined && !isSame(known, key)) throw new CommandError(`The key files have two different keys with the id ${JSON.stringify(keyId)}. An id must mean one key: give the new one another id.`)
    keys.set(keyId, key)
  }
  return { currentKeyId: first.currentKeyId, keys: Object.fromEntries(keys) }
}

function isSame(a: EncryptionKey, b: EncryptionKey): boolean {
  if (a instanceof Uint8Array || b instanceof Uint8Array) return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0
  return a.passphrase === b.passphrase && a.salt === b.salt
}
