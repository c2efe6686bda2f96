import { deviceKeyOf, type Device } from '../accounts/account.js'
import type { Connection } from '../connection/connection.js'
import type { ServerContext } from '../server-context.js'
import { childOf, childrenOf, nowInSeconds, stanza, type BinaryNode } from '../wire/binary-node.js'
import { lidJid, phoneJid } from '../wire/jid.js'
import { acknowledge, deliver } from '../queue/deliver.js'

const FOR_THE_PHONE_ONLY = ['hist_sync', 'peer_msg']

/** A device sends a receipt: what it is about is not sent again, and the sender of the message hears of it. */
export function relayReceipt(server: ServerContext, connection: Connection, device: Device, receipt: BinaryNode): void {
  const { id = '', to, type, participant } = receipt.attrs
  connection.send(
    stanza('ack', {
      id,
      class: 'receipt',
      from: to ?? '',
      ...(type === undefined ? {} : { type }),
      ...(participant === undefined ? {} : { participant }),
    }),
  )
  for (const message of [id, ...childrenOf(childOf(receipt, 'list'), 'item').map(({ attrs }) => attrs['id'] ?? '')]) {
    acknowledge(server, device, 'message', message)
  }
  const kind = type ?? 'delivery'
  server.journal.write('receipt', connection, { id, to: to ?? null, kind })
  server.journal.announce('receipt', { from: deviceKeyOf(device), to: to ?? null, id, kind })
  if (!FOR_THE_PHONE_ONLY.includes(kind)) forward(server, device, receipt)
}

function forward(server: ServerContext, device: Device, receipt: BinaryNode): void {
  const { id = '', to, type, recipient } = receipt.attrs
  const addressee = server.accounts.resolve(to)
  if (addressee === undefined) return
  const { account, number, isLid } = addressee
  const { lid } = server.accounts.account(device.phone)
  const attrs = {
    id,
    t: nowInSeconds(),
    from: isLid ? lidJid(lid, device.number) : phoneJid(device.phone, device.number),
    ...(type === undefined ? {} : { type }),
    ...(recipient === undefined ? {} : { recipient }),
  }
  for (const other of account.devices.values()) {
    const isMeant = number === 0 || other.number === number
    if (isMeant && other !== device && !other.removed) deliver(server, other, stanza('receipt', attrs, receipt.content))
  }
}
