import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto'
import type { AuthenticationCreds, KeyPair } from '@whiskeysockets/baileys'

/** How many raw bytes a Curve25519 key has; DER puts them last. */
const KEY_BYTES = 32

/** A real Curve25519 key pair, as Baileys stores them. */
export function fakeKeyPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  return {
    private: Buffer.from(privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-KEY_BYTES)),
    public: Buffer.from(publicKey.export({ type: 'spki', format: 'der' }).subarray(-KEY_BYTES)),
  }
}

/** A new identity, as Baileys' `initAuthCreds` makes it; only the signature of the signed pre-key is random bytes. */
export function fakeAuthCreds(): AuthenticationCreds {
  return {
    noiseKey: fakeKeyPair(),
    pairingEphemeralKeyPair: fakeKeyPair(),
    signedIdentityKey: fakeKeyPair(),
    signedPreKey: { keyPair: fakeKeyPair(), signature: randomBytes(64), keyId: 1 },
    registrationId: randomInt(1, 16_381),
    advSecretKey: randomBytes(KEY_BYTES).toString('base64'),
    processedHistoryMessages: [],
    nextPreKeyId: 1,
    firstUnuploadedPreKeyId: 1,
    accountSyncCounter: 0,
    accountSettings: { unarchiveChats: false },
    registered: false,
    pairingCode: undefined,
    lastPropHash: undefined,
    routingInfo: undefined,
    additionalData: undefined,
  }
}

/** The device that a fake pairing makes. */
export interface FakeDevice {
  /**
   * The number of the phone, digits only.
   * @defaultValue `'4915112345678'`
   */
  phone?: string
  /**
   * The number of the linked device.
   * @defaultValue `1`
   */
  device?: number
  /**
   * The hidden id of the account.
   * @defaultValue a jid derived from the phone
   */
  lid?: string
}

/** What a pairing that succeeded adds to the creds, as Baileys emits it. */
export function pairingUpdate(device: FakeDevice = {}): Required<Pick<AuthenticationCreds, 'account' | 'me' | 'signalIdentities' | 'platform'>> {
  const { phone = '4915112345678', device: number = 1 } = device
  const lid = device.lid ?? `1${phone}:${number}@lid`
  const accountKey = randomBytes(KEY_BYTES)
  return {
    account: {
      details: randomBytes(16),
      accountSignatureKey: accountKey,
      accountSignature: randomBytes(64),
      deviceSignature: randomBytes(64),
    },
    me: { id: `${phone}:${number}@s.whatsapp.net`, lid },
    // Signal marks a Curve25519 public key with a leading 5.
    signalIdentities: [{ identifier: { name: lid, deviceId: 0 }, identifierKey: Buffer.concat([Buffer.of(5), accountKey]) }],
    platform: 'android',
  }
}

/** The creds of a session that was paired and has logged in at least once. */
export function fakePairedCreds(device: FakeDevice = {}): AuthenticationCreds {
  // 812 pre-keys go up at the first login.
  return { ...fakeAuthCreds(), ...pairingUpdate(device), nextPreKeyId: 813, firstUnuploadedPreKeyId: 813, accountSyncCounter: 1 }
}
