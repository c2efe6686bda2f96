import { createHash } from 'node:crypto'
import { isObject, parseObject } from '../store/stored-object.js'

/** What stored credentials amount to, read without Baileys. */
export type StoredCreds =
  | { readonly kind: 'paired'; readonly phoneNumber: string; readonly identity: string }
  | { readonly kind: 'half_paired'; readonly identity: string }
  | { readonly kind: 'unpaired'; readonly identity: string }
  | { readonly kind: 'corrupt'; readonly problem: string }

/**
 * Judges the text of a creds record. Paired means that `account` is there and `me.id` has a device part: `registered` is only
 * ever set by the pairing code, and asking for such a code sets `me` before anything is paired (Baileys 7.0.0-rc14,
 * `requestPairingCode` and `configureSuccessfulPairing`).
 */
export function inspectStoredCreds(text: string): StoredCreds {
  const creds = parseObject(text)
  if (creds === null) return corrupt(text.trim() === '' ? 'it is empty' : 'it is not a whole JSON object')
  const missing = findMissing(creds)
  if (missing !== null) return corrupt(`${missing} is missing or has the wrong shape`)
  const identity = hashIdentity(readKey(creds['noiseKey'], 'public'))
  const me = isObject(creds['me']) && typeof creds['me']['id'] === 'string' ? creds['me']['id'] : null
  const account = isObject(creds['account'])
  const phoneNumber = me === null ? undefined : /^(\d+):\d+@/.exec(me)?.[1]
  if (account && phoneNumber !== undefined) return { kind: 'paired', phoneNumber, identity }
  return { kind: me === null && !account ? 'unpaired' : 'half_paired', identity }
}

/** The phone number of a linked device's `me.id`: digits only; `undefined` when it is not one. */
export function phoneNumberOf(meId: string | undefined): string | undefined {
  return meId === undefined ? undefined : /^(\d+)(?::\d+)?@/.exec(meId)?.[1]
}

/** Names an identity by its noise public key, without telling the key. */
export function hashIdentity(noisePublicKey: Uint8Array | null): string {
  return createHash('sha256').update(noisePublicKey ?? new Uint8Array()).digest('hex').slice(0, 32)
}

function corrupt(problem: string): StoredCreds {
  return { kind: 'corrupt', problem }
}

function findMissing(creds: Record<string, unknown>): string | null {
  for (const name of ['noiseKey', 'signedIdentityKey']) {
    if (readKey(creds[name], 'public') === null || readKey(creds[name], 'private') === null) return name
  }
  const signedPreKey = creds['signedPreKey']
  const hasPreKey = isObject(signedPreKey) && readKey(signedPreKey['keyPair'], 'public') !== null
    && readKey(signedPreKey['keyPair'], 'private') !== null
  if (!hasPreKey) return 'signedPreKey'
  if (typeof creds['registrationId'] !== 'number') return 'registrationId'
  return typeof creds['advSecretKey'] === 'string' ? null : 'advSecretKey'
}

const KEY_LENGTHS: ReadonlySet<number> = new Set([32, 33])

/** A key as `BufferJSON` writes it: `{ type: 'Buffer', data }` with base64 text, or bytes in files of older versions. */
function readKey(pair: unknown, part: 'public' | 'private'): Uint8Array | null {
  const value = isObject(pair) ? pair[part] : undefined
  if (!isObject(value) || value['type'] !== 'Buffer') return null
  const data = value['data']
  const bytes = typeof data === 'string' ? Buffer.from(data, 'base64') : readBytes(data)
  return bytes !== null && KEY_LENGTHS.has(bytes.length) ? bytes : null
}

function readBytes(data: unknown): Uint8Array | null {
  return Array.isArray(data) && data.every((byte): byte is number => typeof byte === 'number') ? Uint8Array.from(data) : null
}
