import { open } from 'node:fs/promises'
import { SessionError } from '../errors.js'
import { kindInPlaceOfFile, READ_AT_ONCE } from '../regular-file.js'
import { isObject, parseObject } from '../store/read-answer.js'
import type { EncryptionKey, EncryptionOptions } from './encrypted-session-store.js'

/** The keys that a file holds, as `encrypted` and `encryptRecords` take them. */
export type KeyFile = Pick<EncryptionOptions, 'keys' | 'currentKeyId'>

/** 32 bytes. */
const BASE64 = /^[A-Za-z0-9+/]{43}=$/
const FORM =
  '{ "currentKeyId": "<id>", "keys": { "<id>": "<base64 of 32 bytes>" } }, or { "passphrase": "…", "salt": "…" } instead of the base64. Run "new-key" to create one'

/**
 * Reads the keys from a file that `npx baileys-sessions new-key` created, or that has the same format: all of them, and which one
 * is current. Use them with `encrypted(store, await keyFromFile('./keys.json'))`. A relative path starts from the working
 * directory.
 *
 * Rejects with `STORE_UNAVAILABLE` if the file cannot be read, has another format, or if anybody but its owner can read or change
 * it (not on Windows). No message quotes a key.
 *
 * @throws TypeError for a path that is not a string.
 */
export async function keyFromFile(path: string): Promise<KeyFile> {
  if (typeof path !== 'string') throw new TypeError(`path must be a string, but is of type ${typeof path}.`)
  return readKeys(path, path)
}

/** The same, for a file that messages call `name`. */
export async function readKeys(path: string, name: string): Promise<KeyFile> {
  return parseKeys(await readPrivateText(path, name), name)
}

async function readPrivateText(path: string, name: string): Promise<string> {
  const file = await open(path, READ_AT_ONCE).catch((cause: unknown) => {
    throw unusable(`The key file ${name} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}.`, cause)
  })
  try {
    const found = await file.stat()
    const kind = kindInPlaceOfFile(found)
    if (kind !== null) throw unusable(`The key file ${name} is ${kind}.`)
    const mode = found.mode & 0o777
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw unusable(
        `The key file ${name} has mode ${mode.toString(8).padStart(4, '0')}, so others can read or replace the keys. Restrict it to its owner: chmod 600.`,
      )
    }
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Understands the text of a file of keys. Throws as {@link keyFromFile} rejects, and quotes nothing of it but key ids. */
export function parseKeys(text: string, name: string): KeyFile {
  // Some editors put a mark before UTF-8, which is no part of JSON.
  const { currentKeyId, keys } = parseObject(text.replace(/^\uFEFF/u, '')) ?? {}
  if (typeof currentKeyId !== 'string' || !isObject(keys)) throw unusable(`The key file ${name} does not have the form ${FORM}.`)
  const read = new Map(Object.entries(keys).map(([keyId, key]) => [keyId, readKey(key, keyId, name)]))
  if (!read.has(currentKeyId)) throw unusable(`The key file ${name} names a "currentKeyId" that is not among its keys.`)
  return { currentKeyId, keys: Object.fromEntries(read) }
}

function readKey(key: unknown, keyId: string, name: string): EncryptionKey {
  if (typeof key === 'string' && BASE64.test(key)) return Buffer.from(key, 'base64')
  if (isObject(key) && typeof key['passphrase'] === 'string' && typeof key['salt'] === 'string') return { passphrase: key['passphrase'], salt: key['salt'] }
  throw unusable(`The key ${JSON.stringify(keyId)} in ${name} is neither the base64 of 32 bytes nor { "passphrase": "…", "salt": "…" }.`)
}

function unusable(message: string, cause?: unknown): SessionError {
  return new SessionError('STORE_UNAVAILABLE', message, { cause })
}
