import type { Account } from '../accounts/account.js'
import type { BaileysParts } from '../baileys-parts.js'

const SIGNED_BY_ACCOUNT = Buffer.from([6, 0])
const SIGNED_BY_DEVICE = Buffer.from([6, 1])

/** What a phone signs when it links a device. */
export interface PhoneVouch {
  readonly details: Buffer
  readonly accountSignature: Buffer
  readonly accountSignatureKey: Buffer
}

/** The phone vouches for a device. */
export function vouch({ curve, proto }: BaileysParts, account: Account, identityPublicKey: Buffer, keyIndex: number): PhoneVouch {
  const details = Buffer.from(
    proto.ADVDeviceIdentity.encode({
      rawId: account.registrationId,
      timestamp: Math.floor(Date.now() / 1000),
      keyIndex,
      accountType: proto.ADVEncryptionType.E2EE,
      deviceType: proto.ADVEncryptionType.E2EE,
    }).finish(),
  )
  const signed = Buffer.concat([SIGNED_BY_ACCOUNT, details, identityPublicKey])
  return {
    details,
    accountSignature: Buffer.from(curve.sign(account.identity.private, signed)),
    accountSignatureKey: account.identity.public,
  }
}

/** What the device signs in return. */
export function deviceMessage(details: Buffer, identityPublicKey: Buffer, account: Account): Buffer {
  return Buffer.concat([SIGNED_BY_DEVICE, details, identityPublicKey, account.identity.public])
}

/** Both signatures together, encoded. */
export function encodeSignedIdentity({ proto }: BaileysParts, phone: PhoneVouch, deviceSignature: Uint8Array): Buffer {
  return Buffer.from(proto.ADVSignedDeviceIdentity.encode({ ...phone, deviceSignature }).finish())
}
