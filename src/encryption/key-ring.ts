import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { SessionError } from '../errors.js'
import { deriveKey } from './derive-key.js'
import type { KeySource } from './key-source.js'

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
    throw new SessionError('STORE_UNAVAILABLE', `The key ${JSON.stringify(id)} could not be derived from its passphrase: ${why}. It takes 128 MiB of memory for a moment.`, { cause })
  }
}

/**
 * What stands in a record to tell a wrong key from an altered record: 72 bits of an HMAC-SHA-256 of a fixed text under the
 * key. It gives nothing away: HMAC is a pseudo-random function, so without the key it looks like chance; it is the same for
 * every record of a key, whose id stands there anyway. Whoever tries keys or passphrases on it learns no more than the
 * record's own tag would tell, at the same price.
 */
export function keyCheckOf(key: Uint8Array): string {
  return createHmac('sha256', key).update('baileys-sessions key check').digest().toString('base64url', 0, 9)
}
