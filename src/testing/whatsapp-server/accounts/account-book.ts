import { randomInt } from 'node:crypto'
import type { Curve } from '../baileys-parts.js'
import { sha256 } from '../wire/ciphers.js'
import { parseJid } from '../wire/jid.js'
import { readUnsigned } from '../wire/numbers.js'
import { checkPhone, parseDeviceKey, type Account, type Device, type DeviceIdentity, type DeviceKey } from './account.js'

const SIGNAL_KEY_TYPE = Buffer.from([5])

/** Who a jid means. */
export interface Addressee {
  account: Account
  /** Device number; 0 is the phone. */
  number: number
  isLid: boolean
}

/** All phones with their linked devices, found by phone, lid, jid or device key. */
export class AccountBook {
  readonly #curve: Curve
  readonly #byPhone = new Map<string, Account>()
  readonly #byLid = new Map<string, Account>()

  constructor(curve: Curve) {
    this.#curve = curve
  }

  /** Every account. */
  all(): Account[] {
    return [...this.#byPhone.values()]
  }

  /** Puts an account in, instead of one with the same phone. */
  add(account: Account): void {
    this.#byPhone.set(account.phone, account)
    this.#byLid.set(account.lid, account)
  }

  /** The account of a phone, if it has one. */
  find(phone: string): Account | undefined {
    return this.#byPhone.get(phone)
  }

  /** The account of a phone, which is made on first use. */
  account(phone: string): Account {
    checkPhone(phone)
    const known = this.#byPhone.get(phone)
    if (known !== undefined) return known
    const account = this.#makeAccount(phone)
    this.add(account)
    return account
  }

  /** A device that was linked at some time. */
  device(deviceKey: DeviceKey): Device | undefined {
    const { phone, number } = parseDeviceKey(deviceKey)
    return this.#byPhone.get(phone)?.devices.get(number)
  }

  /** As {@link device}, but throws when there is none. */
  knownDevice(deviceKey: DeviceKey): Device {
    const device = this.device(deviceKey)
    if (device === undefined) throw new Error(`No device ${deviceKey} was ever linked to this server. Linked: ${this.#linkedKeys()}.`)
    return device
  }

  /** Links a device under a number of this account. */
  link(account: Account, number: number, identity: DeviceIdentity, signedIdentity: Buffer): Device {
    const device: Device = {
      ...identity,
      phone: account.phone,
      number,
      preKeys: new Map(),
      signedIdentity,
      removed: false,
      pushName: '',
      queue: [],
      appState: new Map(),
      awaitsFirstSync: false,
    }
    account.devices.set(number, device)
    return device
  }

  /** Who a jid means, when this server knows the account. */
  resolve(jid: string | undefined): Addressee | undefined {
    const parts = parseJid(jid)
    if (parts === undefined) return undefined
    const isLid = parts.server === 'lid'
    const account = (isLid ? this.#byLid : this.#byPhone).get(parts.user)
    return account === undefined ? undefined : { account, number: parts.device, isLid }
  }

  #linkedKeys(): string {
    const keys = this.all().flatMap(({ phone, devices }) => [...devices.keys()].map((number) => `${phone}:${number}`))
    return keys.length === 0 ? 'none' : keys.slice(0, 5).join(', ') + (keys.length > 5 ? ', …' : '')
  }

  #makeAccount(phone: string): Account {
    const identity = this.#curve.generateKeyPair()
    const preKey = this.#curve.generateKeyPair()
    const signature = this.#curve.sign(identity.private, Buffer.concat([SIGNAL_KEY_TYPE, preKey.public]))
    return {
      phone,
      lid: String(readUnsigned(sha256(Buffer.from(`lid ${phone}`)).subarray(0, 6))),
      identity,
      signedPreKey: { id: 1, publicKey: preKey.public, privateKey: preKey.private, signature: Buffer.from(signature) },
      registrationId: randomInt(1, 16_380),
      pushName: 'Phone',
      nextDevice: 1,
      devices: new Map(),
      signalRecords: new Map(),
    }
  }
}
