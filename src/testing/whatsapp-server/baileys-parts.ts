import type { proto } from '@whiskeysockets/baileys'
import type { SignalRepositoryFactory } from './phone/signal-repository.js'
import { UnsupportedBaileysError } from './unsupported-baileys.js'
import type { BinaryNode } from './wire/binary-node.js'
import type { KeyPair } from './wire/ciphers.js'

/** The part of Baileys that the server is made of: its protocol buffers, its curve and its node encoding. */
export interface BaileysParts {
  readonly proto: typeof proto
  readonly curve: Curve
  readonly encodeNode: (node: BinaryNode) => Uint8Array
  readonly decodeNode: (data: Buffer) => Promise<BinaryNode>
  /** `null` when this version of Baileys does not offer one: then the phones cannot read or write messages. */
  readonly makeSignalRepository: SignalRepositoryFactory | null
  /** Whether a client of this version derives its keys in a turn of their own, and loses what comes before that is done. */
  readonly derivesKeysLater: boolean
}

/** Curve25519 as Signal uses it. */
export interface Curve {
  generateKeyPair(): KeyPair
  sharedKey(privateKey: Uint8Array, publicKey: Uint8Array): Buffer
  sign(privateKey: Uint8Array, message: Uint8Array): Uint8Array
}

/** Loads Baileys, unless it is given, and picks the parts. Rejects with `BAILEYS_UNSUPPORTED`. */
export async function loadBaileysParts(given: object | undefined): Promise<BaileysParts> {
  return pickBaileysParts(given ?? (await importBaileys()))
}

/** Picks the parts by what the module offers, never by its version. */
export function pickBaileysParts(baileys: object): BaileysParts {
  const names = ['proto', 'Curve', 'encodeBinaryNode', 'decodeBinaryNode', 'DEFAULT_CONNECTION_CONFIG']
  const [protocol, curve, encodeNode, decodeNode, config] = names.map((name) => exported(baileys, name))
  const missing = names.slice(0, 4).filter((_, index) => [protocol, curve, encodeNode, decodeNode][index] === undefined)
  if (missing.length > 0) {
    throw new UnsupportedBaileysError(`The WhatsApp server needs exports that this version of Baileys lacks: ${missing.join(', ')}.`)
  }
  const makeSignalRepository = property(config, 'makeSignalRepository')
  // Baileys' exports have no common type between 6.7 and 7, so their shapes are taken on trust here and nowhere else.
  return {
    proto: protocol as typeof proto,
    curve: wrapCurve(curve as Curve),
    encodeNode: encodeNode as BaileysParts['encodeNode'],
    decodeNode: decodeNode as BaileysParts['decodeNode'],
    makeSignalRepository: typeof makeSignalRepository === 'function' ? (makeSignalRepository as SignalRepositoryFactory) : null,
    derivesKeysLater: derivesLater(exported(baileys, 'hkdf')),
  }
}

function derivesLater(hkdf: unknown): boolean {
  return typeof hkdf === 'function' && Reflect.apply(hkdf, undefined, [Buffer.alloc(32), 32, { info: '' }]) instanceof Promise
}

/** Makes a Baileys module take this for the key of WhatsApp, and returns what undoes that. Does nothing where no key is checked. */
export function trustRootKey(baileys: object, rootPublicKey: Uint8Array): () => void {
  const details = certificateDetails(baileys)
  if (details === undefined) return () => undefined
  const before = details.PUBLIC_KEY
  details.PUBLIC_KEY = Buffer.from(rootPublicKey)
  return () => {
    details.PUBLIC_KEY = before
  }
}

function certificateDetails(baileys: object): { PUBLIC_KEY: Uint8Array } | undefined {
  const details = exported(baileys, 'WA_CERT_DETAILS')
  const key = property(details, 'PUBLIC_KEY')
  return key instanceof Uint8Array ? (details as { PUBLIC_KEY: Uint8Array }) : undefined
}

async function importBaileys(): Promise<object> {
  try {
    return await import('@whiskeysockets/baileys')
  } catch (cause) {
    throw new UnsupportedBaileysError('The WhatsApp server could not load Baileys.', { cause })
  }
}

/** A named export; of a CommonJS build it may be found only on `default`. */
function exported(baileys: object, name: string): unknown {
  return property(baileys, name) ?? property(property(baileys, 'default'), name)
}

function property(owner: unknown, name: string): unknown {
  if (owner === null || (typeof owner !== 'object' && typeof owner !== 'function')) return undefined
  return Reflect.get(owner, name)
}

function wrapCurve(curve: Curve): Curve {
  return {
    generateKeyPair() {
      const pair = curve.generateKeyPair()
      return { public: Buffer.from(pair.public), private: Buffer.from(pair.private) }
    },
    sharedKey: (privateKey, publicKey) => Buffer.from(curve.sharedKey(privateKey, publicKey)),
    sign: (privateKey, message) => Buffer.from(curve.sign(privateKey, message)),
  }
}
