import type { Device } from './accounts/account.js'
import type { Connection } from './connection/connection.js'
import { onPasskeyRequestAcknowledged } from './pairing/passkey.js'
import { onRefreshAcknowledged } from './pairing/refresh.js'
import { onQuery } from './queries/queries.js'
import type { ServerContext } from './server-context.js'
import { SERVER_JID, stanza, type BinaryNode } from './wire/binary-node.js'
import { acknowledge } from './queue/deliver.js'
import { relayMessage } from './relay/messages.js'
import { relayReceipt } from './relay/receipts.js'

/** Takes a stanza of a client to where it belongs. */
export async function onStanza(server: ServerContext, connection: Connection, node: BinaryNode): Promise<void> {
  const device = connection.phase === 'online' && connection.deviceKey !== null ? server.accounts.device(connection.deviceKey) : undefined
  if (node.tag === 'iq') {
    onQuery(server, connection, device, node)
    return
  }
  if (node.tag === 'ack') {
    onAcknowledgement(server, connection, device, node)
    return
  }
  if (device === undefined) return
  switch (node.tag) {
    case 'message':
      await relayMessage(server, connection, device, node)
      return
    case 'receipt':
      relayReceipt(server, connection, device, node)
      return
    case 'presence':
      device.pushName = node.attrs['name'] ?? device.pushName
      return
    case 'call':
      connection.send(stanza('ack', { id: node.attrs['id'] ?? '0', class: 'call', from: SERVER_JID }))
  }
}

/** Clients acknowledge what they get also before they are linked. */
function onAcknowledgement(server: ServerContext, connection: Connection, device: Device | undefined, { attrs }: BinaryNode): void {
  const { class: tag = '', id = '', type } = attrs
  if (tag === 'notification' && type === 'companion_reg_refresh') onRefreshAcknowledged(server, connection, id)
  else if (tag === 'notification' && id !== '' && id === connection.passkeyRequest) onPasskeyRequestAcknowledged(server, connection)
  else if (device !== undefined) acknowledge(server, device, tag, id)
}
