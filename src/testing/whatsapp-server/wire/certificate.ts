import type { BaileysParts } from '../baileys-parts.js'
import type { KeyPair } from './ciphers.js'

const YEAR_2100 = 4_102_444_800

/** The long-lived keys of a server: its root signs an intermediate, which signs the key of the handshake. */
export interface ServerKeys {
  root: KeyPair
  intermediate: KeyPair
  handshake: KeyPair
}

/** Makes the keys of a new server. */
export function makeServerKeys({ curve }: BaileysParts): ServerKeys {
  return { root: curve.generateKeyPair(), intermediate: curve.generateKeyPair(), handshake: curve.generateKeyPair() }
}

/** The encoded chain that the server shows in the handshake. */
export function makeCertificateChain({ curve, proto }: BaileysParts, keys: ServerKeys): Buffer {
  const details = (serial: number, key: KeyPair): Uint8Array =>
    proto.CertChain.NoiseCertificate.Details.encode({
      serial,
      issuerSerial: serial - 1,
      key: key.public,
      notBefore: 0,
      notAfter: YEAR_2100,
    }).finish()
  const intermediate = details(1, keys.intermediate)
  const leaf = details(2, keys.handshake)
  return Buffer.from(
    proto.CertChain.encode({
      intermediate: { details: intermediate, signature: curve.sign(keys.root.private, intermediate) },
      leaf: { details: leaf, signature: curve.sign(keys.intermediate.private, leaf) },
    }).finish(),
  )
}
