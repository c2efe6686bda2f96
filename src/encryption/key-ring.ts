import { createHmac, createSecretKey, type KeyObject, scrypt } from 'node:crypto'
import { SessionError } from '../errors.js'

/** 128 MiB of memory and some tenths of a second for each guess: what OWASP names as the first choice for scrypt. */
const COST = { N: 2 ** 17, r: 8, p: 1 }

/** What AES-256 takes. */
const KEY_BYTES = 32

const SHORTEST_PASSPHRASE = 12

const SHORTEST_SALT_BYTES = 16

/** A key ready for use. */
export interface CipherKey {
  /** Its id. */
  readonly id: string
  /** The key itself, where neither a message nor a look at the object shows it. */
  readonly secret: KeyObject
  /** Tells this key from others; see {@link keyCheckOf}. */
  readonly check: string
}

/** The keys of a store. A passphrase is derived when its key is first needed, once for everybody who needs it. */
export class KeyRing {
  readonly #sources: ReadonlyMap<string, KeySource>
  readonly #currentKeyId: string
  readonly #keys = new Map<string, Promise<CipherKey>>()

  constructor(sources: ReadonlyMap<string, KeySource>, currentKeyId: string) {
    this.#sources = sources
    this.#currentKeyId = currentKeyId
  }

  /** The key that writes use: the same promise for everybody, so that whoever asked first goes on first. Rejects with `STORE_UNAVAILABLE`. */
  current(): Promise<CipherKey> {
    return this.find(this.#currentKeyId) ?? Promise.reject(new Error('The current key is not among the keys.'))
  }

  /** The current key, when somebody has asked for it. */
  get currentUnderway(): Promise<CipherKey> | undefined {
    return this.#keys.get(this.#currentKeyId)
  }

  /** The key of an id; `undefined` when there is none. */
  find(keyId: string): Promise<CipherKey> | undefined {
    const source = this.#sources.get(keyId)
    if (source === undefined) return undefined
    const known = this.#keys.get(keyId)
    if (known !== undefined) return known
    const making = makeKey(keyId, source)
    this.#keys.set(keyId, making)
    // Whoever comes next may be luckier.
    making.catch(() => this.#keys.delete(keyId))
    return making
  }
}

async function makeKey(id: string, source: KeySource): Promise<CipherKey> {
  const bytes = source.kind === 'bytes' ? source.bytes : await derive(id, source.passphrase, source.salt)
  return { id, secret: createSecretKey(bytes), check: keyCheckOf(bytes) }
}

async function derive(id: string, passphrase: string, salt: Uint8Array): Promise<Buffer> {
  try {
    return await deriveKey(passphrase, salt)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SessionError(
      'STORE_UNAVAILABLE',
      `The key ${JSON.stringify(id)} could not be derived from its passphrase: ${why}. This needs 128 MiB of memory for a moment.`,
      { cause },
    )
  }
}

/**
 * What stands in a record to tell a wrong key from an altered record: 72 bits of an HMAC-SHA-256 of a fixed text under the
 * key. It gives nothing away: HMAC is a pseudo-random function, so without the key it looks like chance; it is the same for
 * every record of a key, whose id stands there anyway. Whoever tries keys or passphrases on it learns no more than the
 * record's own tag would tell, at the same price.
 */
function keyCheckOf(key: Uint8Array): string {
  return createHmac('sha256', key).update('baileys-sessions key check').digest().toString('base64url', 0, 9)
}

/** Makes a passphrase into the bytes of a key, on a thread of the pool. */
function deriveKey(passphrase: string, salt: Uint8Array): Promise<Buffer> {
  // scrypt takes 128 * N * r bytes and a little more; the limit that Node sets by default is a quarter of it.
  const options = { ...COST, maxmem: 2 * 128 * COST.N * COST.r }
  return new Promise((resolve, reject) => {
    // Normalized, so that the same letters typed on another system are the same passphrase.
    scrypt(passphrase.normalize('NFC'), salt, KEY_BYTES, options, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

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
export type KeySource = { readonly kind: 'bytes'; readonly bytes: Buffer } | { readonly kind: 'passphrase'; readonly passphrase: string; readonly salt: Buffer }

/** Checks one key and copies it. Throws `TypeError` or `RangeError`, which never quote it. */
export function readKeySource(keyId: string, key: unknown): KeySource {
  const name = `keys[${JSON.stringify(keyId)}]`
  if (key instanceof Uint8Array) {
    if (key.byteLength !== KEY_BYTES) throw new RangeError(`Option "${name}" must have exactly ${KEY_BYTES} bytes, but has ${key.byteLength}.`)
    return { kind: 'bytes', bytes: Buffer.from(key) }
  }
  if (typeof key !== 'object' || key === null || !('passphrase' in key) || !('salt' in key)) {
    throw new TypeError(
      `Option "${name}" must be a Uint8Array of ${KEY_BYTES} bytes or { passphrase, salt }, but is ${key === null ? 'null' : `of type ${typeof key}`}. If the key is text, decode it, for example with Buffer.from(text, 'base64').`,
    )
  }
  return { kind: 'passphrase', passphrase: readPassphrase(name, key.passphrase), salt: readSalt(name, key.salt) }
}

function readPassphrase(name: string, passphrase: unknown): string {
  if (typeof passphrase !== 'string') throw new TypeError(`Option "${name}.passphrase" must be a string, but is of type ${typeof passphrase}.`)
  const { length } = passphrase
  if (length < SHORTEST_PASSPHRASE) throw new RangeError(`Option "${name}.passphrase" must have at least ${SHORTEST_PASSPHRASE} characters, but has ${length}.`)
  return passphrase
}

function readSalt(name: string, salt: unknown): Buffer {
  if (typeof salt !== 'string' && !(salt instanceof Uint8Array))
    throw new TypeError(`Option "${name}.salt" must be a string or a Uint8Array, but is of type ${typeof salt}.`)
  const bytes = typeof salt === 'string' ? Buffer.from(salt, 'utf8') : Buffer.from(salt)
  if (bytes.length < SHORTEST_SALT_BYTES)
    throw new RangeError(`Option "${name}.salt" must have at least ${SHORTEST_SALT_BYTES} bytes, but has ${bytes.length}.`)
  return bytes
}
