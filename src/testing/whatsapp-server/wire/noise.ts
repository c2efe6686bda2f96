import { hkdf, openGcm, sealGcm, sha256, type KeyPair } from './ciphers.js'

const PROTOCOL_NAME = Buffer.from('Noise_XX_25519_AESGCM_SHA256\0\0\0\0')
const EMPTY = Buffer.alloc(0)

/** The two operations on Curve25519 that a handshake needs. */
export interface KeyAgreement {
  /** Makes a key pair. */
  generateKeyPair(): KeyPair
  /** The shared secret of a private and a public key. */
  sharedKey(privateKey: Uint8Array, publicKey: Uint8Array): Buffer
}

/** The second message of the handshake. */
export interface ServerHello {
  ephemeral: Buffer
  static: Buffer
  payload: Buffer
}

/** What the third message of the handshake reveals. */
export interface ClientFinish {
  /** The client's static key: what a device is recognised by. */
  noisePublicKey: Buffer
  /** The encoded ClientPayload. */
  payload: Buffer
}

/** The server's side of Noise_XX_25519_AESGCM_SHA256, and the transport that follows it. */
export class NoiseResponder {
  readonly #agreement: KeyAgreement
  readonly #ephemeral: KeyPair
  #hash: Buffer = PROTOCOL_NAME
  #salt: Buffer = PROTOCOL_NAME
  #key: Buffer = PROTOCOL_NAME
  #counter = 0
  #readKey: Buffer = EMPTY
  #writeKey: Buffer = EMPTY
  #read = 0
  #written = 0

  constructor(agreement: KeyAgreement, header: Uint8Array) {
    this.#agreement = agreement
    this.#ephemeral = agreement.generateKeyPair()
    this.#mixHash(header)
  }

  /** Answers the client's first message. */
  hello(clientEphemeral: Buffer, staticKey: KeyPair, certificateChain: Buffer): ServerHello {
    this.#mixHash(clientEphemeral)
    this.#mixHash(this.#ephemeral.public)
    this.#mixKey(this.#agreement.sharedKey(this.#ephemeral.private, clientEphemeral))
    const sealedStatic = this.#seal(staticKey.public)
    this.#mixKey(this.#agreement.sharedKey(staticKey.private, clientEphemeral))
    return { ephemeral: this.#ephemeral.public, static: sealedStatic, payload: this.#seal(certificateChain) }
  }

  /** Opens the client's second message and switches to the transport keys. */
  finish(sealedStatic: Buffer, sealedPayload: Buffer): ClientFinish {
    const noisePublicKey = this.#open(sealedStatic)
    this.#mixKey(this.#agreement.sharedKey(this.#ephemeral.private, noisePublicKey))
    const payload = this.#open(sealedPayload)
    const keys = hkdf(EMPTY, 64, this.#salt)
    this.#readKey = keys.subarray(0, 32)
    this.#writeKey = keys.subarray(32)
    return { noisePublicKey, payload }
  }

  /** Seals one frame for the client. */
  encrypt(plain: Uint8Array): Buffer {
    return sealGcm(plain, this.#writeKey, nonce(this.#written++), EMPTY)
  }

  /** Opens one frame of the client. */
  decrypt(sealed: Buffer): Buffer {
    return openGcm(sealed, this.#readKey, nonce(this.#read++), EMPTY)
  }

  #mixHash(data: Uint8Array): void {
    this.#hash = sha256(Buffer.concat([this.#hash, data]))
  }

  #mixKey(secret: Uint8Array): void {
    const keys = hkdf(secret, 64, this.#salt)
    this.#salt = keys.subarray(0, 32)
    this.#key = keys.subarray(32)
    this.#counter = 0
  }

  #seal(plain: Uint8Array): Buffer {
    const sealed = sealGcm(plain, this.#key, nonce(this.#counter++), this.#hash)
    this.#mixHash(sealed)
    return sealed
  }

  #open(sealed: Buffer): Buffer {
    const plain = openGcm(sealed, this.#key, nonce(this.#counter++), this.#hash)
    this.#mixHash(sealed)
    return plain
  }
}

function nonce(counter: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(counter, 8)
  return bytes
}
