/** A passphrase, for where 32 random bytes cannot be kept. */
export interface PassphraseKey {
  /** At least 12 characters. Whoever has a copy of the store can try passphrases on it, so let it be long and random. */
  passphrase: string
  /**
   * At least 16 bytes (a text counts as UTF-8), random, made once and kept beside the passphrase: another salt is another
   * key. It is no secret.
   */
  salt: string | Uint8Array
}

/** A copy of a key as it was given. */
export type KeySource =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'passphrase'; readonly passphrase: string; readonly salt: Buffer }

/** What AES-256 takes. */
export const KEY_BYTES = 32
const SHORTEST_PASSPHRASE = 12
const SHORTEST_SALT_BYTES = 16

/** Checks one key and copies it. Throws `TypeError` or `RangeError`, which never quote it. */
export function readKeySource(keyId: string, key: unknown): KeySource {
  const name = `keys[${JSON.stringify(keyId)}]`
  if (key instanceof Uint8Array) {
    if (key.byteLength !== KEY_BYTES) throw new RangeError(`Option "${name}" must have exactly ${KEY_BYTES} bytes, but has ${key.byteLength}.`)
    return { kind: 'bytes', bytes: Buffer.from(key) }
  }
  if (typeof key !== 'object' || key === null || !('passphrase' in key) || !('salt' in key)) {
    throw new TypeError(`Option "${name}" must be a Uint8Array of ${KEY_BYTES} bytes or { passphrase, salt }, not ${key === null ? 'null' : typeof key}. Decode a key that is text, with Buffer.from(text, 'base64') for example.`)
  }
  return { kind: 'passphrase', passphrase: readPassphrase(name, key.passphrase), salt: readSalt(name, key.salt) }
}

function readPassphrase(name: string, passphrase: unknown): string {
  if (typeof passphrase !== 'string') throw new TypeError(`Option "${name}.passphrase" must be a text, not ${typeof passphrase}.`)
  const { length } = passphrase
  if (length < SHORTEST_PASSPHRASE) throw new RangeError(`Option "${name}.passphrase" must have at least ${SHORTEST_PASSPHRASE} characters, but has ${length}.`)
  return passphrase
}

function readSalt(name: string, salt: unknown): Buffer {
  if (typeof salt !== 'string' && !(salt instanceof Uint8Array)) throw new TypeError(`Option "${name}.salt" must be a text or a Uint8Array, not ${typeof salt}.`)
  const bytes = typeof salt === 'string' ? Buffer.from(salt, 'utf8') : Buffer.from(salt)
  if (bytes.length < SHORTEST_SALT_BYTES) throw new RangeError(`Option "${name}.salt" must have at least ${SHORTEST_SALT_BYTES} bytes, but has ${bytes.length}.`)
  return bytes
}
