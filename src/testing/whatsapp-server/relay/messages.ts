import { deviceKeyOf, type Device } from '../accounts/account.js'
import type { Connection } from '../connection/connection.js'
import { receiveOnPhone } from '../phone/receive.js'
import type { ServerContext } from '../server-context.js'
import { childOf, childrenOf, nowInSeconds, stanza, type BinaryNode } from '../wire/binary-node.js'
import { lidJid, parseJid, phoneJid } from '../wire/jid.js'
import { deliver } from '../queue/deliver.js'

/** The error of a message with which an account would start a chat that it may not start. */
const NOT_ALLOWED = '463'

interface Copy {
  readonly jid: string
  readonly ciphertext: BinaryNode
}

/** A device sends a message: each copy of it goes to the device it was encrypted for. */
export async function relayMessage(server: ServerContext, connection: Connection, sender: Device, message: BinaryNode): Promise<void> {
  const { id = '', to = '' } = message.attrs
  const copies = copiesOf(message)
  const addressee = server.accounts.resolve(to)?.account.phone ?? to
  if (!server.limits.mayWrite(sender.phone, addressee)) {
    connection.send(stanza('ack', { id, class: 'message', from: to, t: nowInSeconds(), error: NOT_ALLOWED }))
    server.journal.write('message-refused', connection, { id, to })
    return
  }
  server.limits.noteChat(sender.phone, addressee)
  connection.send(stanza('ack', { id, class: 'message', from: to, t: nowInSeconds() }))
  server.journal.write('message', connection, { id, to, copies: copies.map(({ ciphertext }) => ciphertext.attrs['type'] ?? '') })
  const identity = childOf(message, 'device-identity')
  for (const copy of copies) await relayCopy(server, sender, message, copy, identity)
}

function copiesOf(message: BinaryNode): Copy[] {
  const participants = childrenOf(childOf(message, 'participants'), 'to')
  const pairs =
    participants.length > 0
      ? participants.map((participant) => ({ jid: participant.attrs['jid'], ciphertext: childOf(participant, 'enc') }))
      : [{ jid: message.attrs['to'], ciphertext: childOf(message, 'enc') }]
  return pairs.flatMap(({ jid, ciphertext }) => (jid === undefined || ciphertext === undefined ? [] : [{ jid, ciphertext }]))
}

async function relayCopy(server: ServerContext, sender: Device, message: BinaryNode, copy: Copy, identity: BinaryNode | undefined): Promise<void> {
  const addressee = server.accounts.resolve(copy.jid)
  if (addressee === undefined) return
  const { account, number } = addressee
  if (number === 0) {
    await receiveOnPhone(server, account, deviceKeyOf(sender), message.attrs['id'] ?? '', copy.ciphertext)
    return
  }
  const device = account.devices.get(number)
  if (device === undefined || device.removed) return
  const proof = copy.ciphertext.attrs['type'] === 'pkmsg' && identity !== undefined ? [identity] : []
  deliver(server, device, stanza('message', envelope(server, sender, message, copy.jid), [copy.ciphertext, ...proof]))
}

function envelope(server: ServerContext, sender: Device, message: BinaryNode, jid: string): Record<string, string> {
  const { id = '', to = '', type = 'text', category, recipient } = message.attrs
  const { lid, pushName } = server.accounts.account(sender.phone)
  const byLid = parseJid(jid)?.server === 'lid'
  const isOwn = server.accounts.resolve(jid)?.account.phone === sender.phone
  return {
    id,
    type,
    t: nowInSeconds(),
    notify: sender.pushName || pushName,
    from: byLid ? lidJid(lid, sender.number) : phoneJid(sender.phone, sender.number),
    addressing_mode: byLid ? 'lid' : 'pn',
    ...(byLid ? { sender_pn: phoneJid(sender.phone) } : { sender_lid: lidJid(lid) }),
    ...(isOwn && category !== 'peer' ? { recipient: recipient ?? to } : {}),
    ...(category === undefined ? {} : { category }),
  }
}
