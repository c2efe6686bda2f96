import { createCipheriv, createDecipheriv, randomBytes, timingSafeEqual } from 'node:crypto'
import { hkdf, hmacSha256, sha256 } from '../wire/ciphers.js'

const NO_SALT = Buffer.alloc(32)
const MAC_LENGTH = 10

/** A file as it lies on the media host, and what its message says of it. */
export interface EncryptedMedia {
  readonly file: Buffer
  readonly mediaKey: Buffer
  readonly fileSha256: Buffer
  readonly fileEncSha256: Buffer
}

/** Encrypts media with a key of its own: AES-256-CBC, then the start of an HMAC. */
export function encryptMedia(data: Uint8Array, keyInfo: string): EncryptedMedia {
  const mediaKey = randomBytes(32)
  const { iv, cipherKey, macKey } = expandKey(mediaKey, keyInfo)
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv)
  const encrypted = Buffer.concat([cipher.update(data), cipher.final()])
  const file = Buffer.concat([encrypted, macOf(encrypted, iv, macKey)])
  return { file, mediaKey, fileSha256: sha256(data), fileEncSha256: sha256(file) }
}

/** Undoes {@link encryptMedia}. Throws when the file was changed, or the key is another one. */
export function decryptMedia(file: Buffer, mediaKey: Uint8Array, keyInfo: string): Buffer {
  const { iv, cipherKey, macKey } = expandKey(mediaKey, keyInfo)
  const encrypted = file.subarray(0, -MAC_LENGTH)
  const mac = file.subarray(-MAC_LENGTH)
  if (mac.length !== MAC_LENGTH || !timingSafeEqual(mac, macOf(encrypted, iv, macKey))) {
    throw new Error('The media cannot be decrypted: its file was changed, or the key of the message belongs to another file.')
  }
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
  return Buffer.concat([decipher.update(encrypted), decipher.final()])
}

function macOf(encrypted: Buffer, iv: Buffer, macKey: Buffer): Buffer {
  return hmacSha256(macKey, Buffer.concat([iv, encrypted])).subarray(0, MAC_LENGTH)
}

function expandKey(mediaKey: Uint8Array, keyInfo: string): { iv: Buffer; cipherKey: Buffer; macKey: Buffer } {
  const expanded = hkdf(mediaKey, 112, NO_SALT, keyInfo)
  return { iv: expanded.subarray(0, 16), cipherKey: expanded.subarray(16, 48), macKey: expanded.subarray(48, 80) }
}
