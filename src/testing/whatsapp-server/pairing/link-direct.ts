import { deviceKeyOf } from '../accounts/account.js'
import type { ServerContext } from '../server-context.js'
import type { LinkedDevice } from '../server-events.js'
import { lidJid, phoneJid } from '../wire/jid.js'
import { deviceMessage, encodeSignedIdentity, vouch } from './device-identity.js'

const SIGNAL_KEY_TYPE = Buffer.from([5])
/** Baileys 6.7.18 holds all messages back until the creds name a key of the app state, which a phone sends after a pairing. Nobody has this one. */
const NO_KEY = Buffer.alloc(6).toString('base64')

/** The public half of a key pair. */
export interface LinkablePublicKey {
  /** 32 bytes. */
  readonly public: Uint8Array
}

/** A whole key pair. */
export interface LinkableKeyPair extends LinkablePublicKey {
  /** 32 bytes. */
  readonly private: Uint8Array
}

/** A pre-key with the signature of the identity. */
export interface LinkablePreKey {
  /** The key. */
  readonly keyPair: LinkablePublicKey
  /** 64 bytes. */
  readonly signature: Uint8Array
  /** Its number. */
  readonly keyId: number
}

/** The part of Baileys' fresh credentials that linking reads. */
export interface LinkableCreds {
  /** What the device is recognised by at login. */
  readonly noiseKey: LinkablePublicKey
  /** The Signal identity. */
  readonly signedIdentityKey: LinkableKeyPair
  /** The pre-key that the identity has signed. */
  readonly signedPreKey: LinkablePreKey
  /** The Signal registration id. */
  readonly registrationId: number
}

/** Options of `linkDirect`. */
export interface DirectLinkOptions {
  /** The phone, digits only; its account is made on first use. */
  phone: string
  /** How many unused pre-keys the server pretends to hold, so that the client uploads none. Default 30. */
  preKeys?: number
  /** The name in `creds.me`. Default none. */
  name?: string
}

/** Links a device without a connection and fills its credentials in place, as a finished pairing would. */
export function linkDirect(server: ServerContext, creds: LinkableCreds, options: DirectLinkOptions): LinkedDevice {
  const { phone, preKeys = 30, name } = options
  if (!Number.isInteger(preKeys) || preKeys < 0) throw new RangeError(`preKeys must be a whole number of at least 0, got ${preKeys}`)
  const account = server.accounts.account(phone)
  const number = account.nextDevice++
  const identityPublicKey = Buffer.from(creds.signedIdentityKey.public)
  const vouched = vouch(server.baileys, account, identityPublicKey, number)
  const signed = deviceMessage(vouched.details, identityPublicKey, account)
  const deviceSignature = Buffer.from(server.baileys.curve.sign(creds.signedIdentityKey.private, signed))
  const { keyId, keyPair, signature } = creds.signedPreKey
  const device = server.accounts.link(
    account,
    number,
    {
      noisePublicKey: Buffer.from(creds.noiseKey.public),
      identityPublicKey,
      registrationId: creds.registrationId,
      signedPreKey: { id: keyId, publicKey: Buffer.from(keyPair.public), signature: Buffer.from(signature) },
    },
    encodeSignedIdentity(server.baileys, vouched, deviceSignature),
  )
  for (let id = 1; id <= preKeys; id++) device.preKeys.set(-id, Buffer.alloc(0))

  const jid = phoneJid(phone, number)
  const lid = lidJid(account.lid, number)
  Object.assign(creds, {
    me: { id: jid, lid, ...(name === undefined ? {} : { name }) },
    account: { ...vouched, deviceSignature },
    platform: 'android',
    accountSyncCounter: 1,
    myAppStateKeyId: NO_KEY,
    signalIdentities: [
      {
        identifier: { name: lid, deviceId: 0 },
        identifierKey: Buffer.concat([SIGNAL_KEY_TYPE, account.identity.public]),
      },
    ],
  })
  return { deviceKey: deviceKeyOf(device), phone, number, jid, lid }
}
