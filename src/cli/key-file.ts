import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { EncryptionKey, EncryptionOptions } from '../encryption/encryption-options.js'
import { kindInPlaceOfFile, READ_AT_ONCE } from '../system/regular-file.js'
import { isObject, parseObject } from '../store/stored-object.js'
import { CommandError } from './command-error.js'

/** The keys that a file holds. */
export type KeyFile = Pick<EncryptionOptions, 'keys' | 'currentKeyId'>

/** 32 bytes. */
const BASE64 = /^[A-Za-z0-9+/]{43}=$/
const FORM = '{ "currentKeyId": "<id>", "keys": { "<id>": "<base64 of 32 bytes>" } }, or { "passphrase": "…", "salt": "…" } in the place of the base64. The command "new-key" makes one'

/** Reads a file of keys. Rejects with a `CommandError`, which quotes nothing of it, also when others may read the file. */
export async function readKeyFile(path: string, directory: string): Promise<KeyFile> {
  return parseKeyFile(await readPrivateText(path, directory), path)
}

async function readPrivateText(path: string, directory: string): Promise<string> {
  const file = await open(resolve(directory, path), READ_AT_ONCE).catch((error: unknown) => {
    throw new CommandError(`The key file ${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}.`)
  })
  try {
    const found = await file.stat()
    const kind = kindInPlaceOfFile(found)
    if (kind !== null) throw new CommandError(`The key file ${path} is ${kind}.`)
    const mode = found.mode & 0o777
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new CommandError(`The key file ${path} has mode ${mode.toString(8).padStart(4, '0')}, so others may read or replace the keys. Allow it to its owner alone: chmod 600.`)
    }
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Understands the text of a file of keys. Throws a `CommandError`, which quotes nothing of it but key ids. */
export function parseKeyFile(text: string, path: string): KeyFile {
  // Some editors put a mark before UTF-8, which is no part of JSON.
  const { currentKeyId, keys } = parseObject(text.replace(/^\uFEFF/u, '')) ?? {}
  if (typeof currentKeyId !== 'string' || !isObject(keys)) throw new CommandError(`The key file ${path} does not have the form ${FORM}.`)
  const read = new Map(Object.entries(keys).map(([keyId, key]) => [keyId, readKey(key, keyId, path)]))
  if (!read.has(currentKeyId)) throw new CommandError(`The key file ${path} names a "currentKeyId" that is not among its keys.`)
  return { currentKeyId, keys: Object.fromEntries(read) }
}

function readKey(key: unknown, keyId: string, path: string): EncryptionKey {
  if (typeof key === 'string' && BASE64.test(key)) return Buffer.from(key, 'base64')
  if (isObject(key) && typeof key['passphrase'] === 'string' && typeof key['salt'] === 'string') return { passphrase: key['passphrase'], salt: key['salt'] }
  throw new CommandError(`The key ${JSON.stringify(keyId)} in ${path} is neither the base64 of 32 bytes nor { "passphrase": "…", "salt": "…" }.`)
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
