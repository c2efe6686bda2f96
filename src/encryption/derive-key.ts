import { scrypt } from 'node:crypto'
import { KEY_BYTES } from './key-source.js'

/** 128 MiB of memory and some tenths of a second for each guess: what OWASP names as the first choice for scrypt. */
const COST = { N: 2 ** 17, r: 8, p: 1 }

/** Makes a passphrase into the bytes of a key, on a thread of the pool. */
export function deriveKey(passphrase: string, salt: Uint8Array): Promise<Buffer> {
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
