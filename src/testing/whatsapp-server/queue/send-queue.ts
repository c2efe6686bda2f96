import type { Device } from '../accounts/account.js'
import type { Connection } from '../connection/connection.js'
import type { ServerContext } from '../server-context.js'
import { nowInSeconds, SERVER_JID, stanza } from '../wire/binary-node.js'

/** Sends a device all that it has not acknowledged, then tells it that this was all. */
export function sendQueue(server: ServerContext, connection: Connection, device: Device): void {
  const queue = [...device.queue]
  const count = String(queue.length)
  connection.active = true
  connection.send(stanza('ib', { from: SERVER_JID }, [stanza('dirty', { type: 'account_sync', timestamp: nowInSeconds() })]))
  if (queue.length > 0) {
    connection.send(stanza('ib', { from: SERVER_JID }, [stanza('offline_preview', { count, message: count, notification: '0', receipt: '0', appdata: '0' })]))
  }
  for (const node of queue) connection.send({ ...node, attrs: { ...node.attrs, offline: '0' } })
  connection.send(stanza('ib', { from: SERVER_JID }, [stanza('offline', { count })]))
  server.journal.write('queue-sent', connection, { count: queue.length })
}
