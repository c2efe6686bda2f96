import { createPublicKey, verify } from 'node:crypto'

const PRIME = 2n ** 255n - 19n
const SIGN_BIT = 0x80

/**
 * Checks an XEdDSA signature: an Ed25519 signature by the Edwards twin of a Curve25519 key, whose sign bit travels in
 * the last byte of the signature. `publicKey` is raw, or has Signal's type byte in front.
 */
export function verifyXeddsa(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const raw = publicKey.length === 33 ? publicKey.subarray(1) : publicKey
  const last = signature[63]
  if (raw.length !== 32 || signature.length !== 64 || last === undefined) return false
  const edwards = toEdwards(raw, last & SIGN_BIT)
  const plain = Buffer.from(signature)
  plain[63] = last & ~SIGN_BIT
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: edwards.toString('base64url') }, format: 'jwk' })
  return verify(null, message, key, plain)
}

/** The Edwards y of a Montgomery u is (u - 1) / (u + 1); the sign of x is told from outside. */
function toEdwards(montgomery: Uint8Array, signBit: number): Buffer {
  const u = littleEndian(montgomery) & ((1n << 255n) - 1n)
  const y = modulo((u - 1n) * inverse(u + 1n))
  const bytes = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse()
  bytes[31] = (bytes[31] ?? 0) | signBit
  return bytes
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
}

function modulo(value: bigint): bigint {
  return ((value % PRIME) + PRIME) % PRIME
}

/** By Fermat's little theorem. */
function inverse(value: bigint): bigint {
  let result = 1n
  let base = modulo(value)
  for (let exponent = PRIME - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = modulo(result * base)
    base = modulo(base * base)
  }
  return result
}
