import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'

/** A Curve25519 key pair, both halves raw. */
export interface KeyPair {
  public: Buffer
  private: Buffer
}

const TAG_LENGTH = 16
const PAIRING_CODE_ROUNDS = 2 << 16
const deriveFromPassword = promisify(pbkdf2)

/** SHA-256. */
export function sha256(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest()
}

/** HMAC with SHA-256. */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest()
}

/** HKDF with SHA-256. */
export function hkdf(secret: Uint8Array, length: number, salt: Uint8Array, info = ''): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, length))
}

/** AES-256-GCM; the tag follows the ciphertext. */
export function sealGcm(plain: Uint8Array, key: Uint8Array, nonce: Uint8Array, associated: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(associated)
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Undoes {@link sealGcm}; throws when the tag does not fit. */
export function openGcm(sealed: Buffer, key: Uint8Array, nonce: Uint8Array, associated: Uint8Array): Buffer {
  const end = sealed.length - TAG_LENGTH
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH })
  decipher.setAAD(associated)
  decipher.setAuthTag(sealed.subarray(end))
  return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()])
}

/** AES-256-CTR, which encrypts and decrypts alike. */
export function applyCtr(data: Uint8Array, key: Uint8Array, counter: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-ctr', key, counter)
  return Buffer.concat([cipher.update(data), cipher.final()])
}

/** The key that a pairing code stands for. */
export async function pairingCodeKey(code: string, salt: Uint8Array): Promise<Buffer> {
  return deriveFromPassword(code, salt, PAIRING_CODE_ROUNDS, 32, 'sha256')
}
