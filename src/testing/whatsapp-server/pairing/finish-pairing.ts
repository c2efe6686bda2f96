import { randomBytes } from 'node:crypto'
import { deviceKeyOf, type Device } from '../accounts/account.js'
import type { Connection, Registration } from '../connection/connection.js'
import { kickNode } from '../faults/kick-node.js'
import type { ServerContext } from '../server-context.js'
import type { LinkedDevice } from '../server-events.js'
import { checkDelay } from '../timers.js'
import { bytesOf, childOf, nowInSeconds, SERVER_JID, stanza, type BinaryNode } from '../wire/binary-node.js'
import { hmacSha256 } from '../wire/ciphers.js'
import { lidJid, phoneJid } from '../wire/jid.js'
import { verifyXeddsa } from '../wire/xeddsa.js'
import { deviceMessage, encodeSignedIdentity, vouch, type PhoneVouch } from './device-identity.js'
import { refuseByRule } from './refuse-by-rule.js'

/** The phone that links a device, and what happens next. */
export interface PairingOptions {
  /** The phone, digits only; its account is made on first use. */
  phone: string
  /** What the phone runs on. Default `android`. */
  platform?: string
  /** The name of a business account. Default: it is none. */
  businessName?: string
  /** Whether the 515 that ends a pairing is sent. Default true. */
  restart?: boolean
  /** How long after the pairing the 515 comes, in milliseconds. Default 0. */
  restartDelayMs?: number
}

/** The client did not take a `pair-success`: it answered with an error, or closed its connection. */
export class ClientRefusal extends Error {
  override readonly name: string = 'ClientRefusal'
}

/** The last step of every pairing: both sides sign, the device is linked, and the client is told to restart. */
export async function finishPairing(
  server: ServerContext,
  connection: Connection,
  registration: Registration,
  advSecret: Buffer,
  options: PairingOptions,
): Promise<LinkedDevice> {
  checkDelay('restartDelayMs', options.restartDelayMs ?? 0)
  if (connection.deviceKey !== null || registration.isBeingLinked) throw new Error('The client is already paired, or is just being paired.')
  registration.isBeingLinked = true
  try {
    await refuseByRule(server, connection, async () => {
      await askToSign(server, connection, registration, randomBytes(advSecret.length), options)
    })
    const device = await askToSign(server, connection, registration, advSecret, options)
    return completeLink(server, connection, device, options)
  } finally {
    registration.isBeingLinked = false
  }
}

/** The phone vouches for the client, and the client signs in return. */
async function askToSign(
  server: ServerContext,
  connection: Connection,
  registration: Registration,
  advSecret: Buffer,
  options: PairingOptions,
): Promise<Device> {
  const account = server.accounts.account(options.phone)
  const { identity } = registration
  const number = account.nextDevice++
  try {
    const phone = vouch(server.baileys, account, identity.identityPublicKey, number)
    server.journal.write('pair-success', connection, { phone: account.phone, number })
    const answer = await ask(
      connection,
      pairSuccess(server, phone, advSecret, { jid: phoneJid(account.phone, number), lid: lidJid(account.lid, number) }, options),
    )
    const deviceSignature = readDeviceSignature(server, answer)
    const signed = deviceMessage(phone.details, identity.identityPublicKey, account)
    if (!verifyXeddsa(identity.identityPublicKey, signed, deviceSignature)) throw new Error('The client answered the pairing with a wrong signature.')
    return server.accounts.link(account, number, identity, encodeSignedIdentity(server.baileys, phone, deviceSignature))
  } catch (error) {
    // The next one who is linked gets the number, unless somebody has a later one already.
    if (account.nextDevice === number + 1) account.nextDevice = number
    throw error
  }
}

async function ask(connection: Connection, question: BinaryNode): Promise<BinaryNode> {
  const answer = await connection.ask(question).catch((cause: unknown) => {
    throw new ClientRefusal(cause instanceof Error ? cause.message : String(cause), { cause })
  })
  if (answer.attrs['type'] !== 'error') return answer
  const { code = '', text = '' } = childOf(answer, 'error')?.attrs ?? {}
  throw new ClientRefusal(`The client refused the pairing: ${`${code} ${text}`.trim() || 'an error without a code'}.`)
}

function completeLink(server: ServerContext, connection: Connection, device: Device, options: PairingOptions): LinkedDevice {
  const { phone, number } = device
  const { lid } = server.accounts.account(phone)
  device.awaitsFirstSync = server.settings.firstSync
  server.pairings.forget(connection)
  const result: LinkedDevice = { deviceKey: deviceKeyOf(device), phone, number, jid: phoneJid(phone, number), lid: lidJid(lid, number) }
  connection.deviceKey = result.deviceKey
  Object.assign(connection.attempt, { outcome: 'paired', deviceKey: result.deviceKey })
  server.journal.write('paired', connection)
  server.journal.announce('paired', result)
  if (options.restart ?? true) connection.timers.later(options.restartDelayMs ?? 0, () => connection.dismiss(kickNode({ code: 515 })))
  return result
}

function pairSuccess(server: ServerContext, phone: PhoneVouch, advSecret: Buffer, device: { jid: string; lid: string }, options: PairingOptions): BinaryNode {
  const { proto } = server.baileys
  const details = Buffer.from(proto.ADVSignedDeviceIdentity.encode(phone).finish())
  const sealed = proto.ADVSignedDeviceIdentityHMAC.encode({ details, hmac: hmacSha256(advSecret, details) }).finish()
  const business = options.businessName === undefined ? [] : [stanza('biz', { name: options.businessName })]
  return stanza('iq', { from: SERVER_JID, type: 'set', id: server.nextId(), xmlns: 'md', t: nowInSeconds() }, [
    stanza('pair-success', {}, [
      stanza('device-identity', {}, sealed),
      ...business,
      stanza('platform', { name: options.platform ?? 'android' }),
      stanza('device', { jid: device.jid, lid: device.lid }),
    ]),
  ])
}

function readDeviceSignature(server: ServerContext, answer: BinaryNode): Uint8Array {
  const identity = childOf(childOf(answer, 'pair-device-sign'), 'device-identity')
  if (identity === undefined) throw new Error('The client refused the pairing: it sent no signature.')
  return server.baileys.proto.ADVSignedDeviceIdentity.decode(bytesOf(identity)).deviceSignature ?? Buffer.alloc(0)
}
