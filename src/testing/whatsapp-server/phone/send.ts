import { randomBytes } from 'node:crypto'
import { checkPhone, type Device, type DeviceKey } from '../accounts/account.js'
import { takePreKey } from '../accounts/pre-key.js'
import { deliver } from '../queue/deliver.js'
import type { ServerContext } from '../server-context.js'
import { nowInSeconds, stanza } from '../wire/binary-node.js'
import { lidJid, phoneJid } from '../wire/jid.js'
import { pad } from './padding.js'
import type { SignalBundle } from './signal-repository.js'

const SIGNAL_KEY_TYPE = Buffer.from([5])

/** A message on its way. */
export interface SentMessage {
  /** Its id. */
  id: string
  /** True when the device was there to take it; else it waits in the queue. */
  delivered: boolean
}

/** How a phone sends. */
interface PhoneSending {
  /** Whether the ciphertext is damaged on its way, so that the device cannot decrypt it. */
  readonly garbled?: boolean
  /** More attributes of the stanza. */
  readonly attributes?: Record<string, string>
}

/** The phone of an account encrypts a message for a linked device and sends it. */
export async function sendFromPhone(
  server: ServerContext,
  phone: string,
  deviceKey: DeviceKey,
  content: object,
  { garbled = false, attributes = {} }: PhoneSending = {},
): Promise<SentMessage> {
  checkPhone(phone)
  const device = server.accounts.knownDevice(deviceKey)
  if (device.removed) throw new Error(`Device ${deviceKey} was unlinked, so nothing can be sent to it.`)
  const sender = server.accounts.account(phone)
  const jid = lidJid(server.accounts.account(device.phone).lid, device.number)
  const { Message } = server.baileys.proto
  const plain = pad(Message.encode(Message.fromObject(content)).finish())
  const { type, ciphertext } = await server.phones.phone(sender).encrypt(jid, plain, () => bundleOf(device))
  server.limits.noteChat(phone, device.phone)
  const id = `LOOP${randomBytes(8).toString('hex').toUpperCase()}`
  const delivered = deliver(
    server,
    device,
    stanza(
      'message',
      {
        from: phoneJid(phone),
        id,
        type: 'text',
        t: nowInSeconds(),
        notify: sender.pushName,
        sender_lid: lidJid(sender.lid),
        addressing_mode: 'pn',
        ...attributes,
      },
      [stanza('enc', { v: '2', type }, garbled ? garble(ciphertext) : Buffer.from(ciphertext))],
    ),
  )
  return { id, delivered }
}

/** Changes a byte of the code that proves a message: at its end, or before the numbers that the first one ends with. */
function garble(ciphertext: Uint8Array): Buffer {
  const garbled = Buffer.from(ciphertext)
  const at = garbled.length - 8
  garbled.writeUInt8(garbled.readUInt8(at) ^ 0xff, at)
  return garbled
}

function bundleOf(device: Device): SignalBundle {
  const { id, publicKey, signature } = device.signedPreKey
  const preKey = takePreKey(device)
  return {
    registrationId: device.registrationId,
    identityKey: withType(device.identityPublicKey),
    signedPreKey: { keyId: id, publicKey: withType(publicKey), signature },
    preKey: preKey === undefined ? undefined : { keyId: preKey.id, publicKey: withType(preKey.publicKey) },
  }
}

function withType(publicKey: Buffer): Buffer {
  return Buffer.concat([SIGNAL_KEY_TYPE, publicKey])
}
