import type { BinaryNode } from '../wire/binary-node.js'
import type { KeyPair } from '../wire/ciphers.js'

/** A linked device as `phone:number`, for example `491700000001:1`; `phone` is digits only. */
export type DeviceKey = string

/** A pre-key that its identity key has signed. */
export interface SignedPreKey {
  id: number
  publicKey: Buffer
  signature: Buffer
}

/** What a client tells of itself when it registers. */
export interface DeviceIdentity {
  noisePublicKey: Buffer
  identityPublicKey: Buffer
  registrationId: number
  signedPreKey: SignedPreKey
}

/** A linked device, as the server remembers it. */
export interface Device extends DeviceIdentity {
  readonly phone: string
  readonly number: number
  /** One-time pre-keys that nobody has taken yet; negative ids only pretend, for `linkDirect`. */
  preKeys: Map<number, Buffer>
  /** The encoded ADVSignedDeviceIdentity with both signatures. */
  signedIdentity: Buffer
  removed: boolean
  pushName: string
  /** Stanzas that the device has not acknowledged: sent again after every login. */
  queue: BinaryNode[]
  /** Versions of the app state collections. */
  appState: Map<string, number>
  /** Whether the phone still owes it the key of the app state and the history. */
  awaitsFirstSync: boolean
}

/** A phone with its linked devices. */
export interface Account {
  readonly phone: string
  /** The user part of its lid. */
  readonly lid: string
  readonly identity: KeyPair
  readonly signedPreKey: SignedPreKey & { privateKey: Buffer }
  readonly registrationId: number
  /** The name that others see with its messages. */
  pushName: string
  nextDevice: number
  devices: Map<number, Device>
  /** The Signal records of the phone itself, by `type/id`. */
  signalRecords: Map<string, unknown>
}

/** The key of a device. */
export function deviceKeyOf(device: { phone: string; number: number }): DeviceKey {
  return `${device.phone}:${device.number}`
}

/** Takes a device key apart. Throws `TypeError` when it is none. */
export function parseDeviceKey(deviceKey: string): { phone: string; number: number } {
  const [, phone, number] = /^(\d{5,20}):([1-9]\d{0,3})$/.exec(deviceKey) ?? []
  if (phone === undefined)
    throw new TypeError(`deviceKey must look like '491700000001:1' (digits of the phone, colon, device number), got ${JSON.stringify(deviceKey)}`)
  return { phone, number: Number(number) }
}

/** Throws `TypeError` unless it is the digits of a phone number in international form. */
export function checkPhone(phone: string): void {
  if (typeof phone !== 'string' || !/^\d{5,20}$/.test(phone)) {
    throw new TypeError(`phone must be 5 to 20 digits in international form, without + or spaces, got ${JSON.stringify(phone)}`)
  }
}
