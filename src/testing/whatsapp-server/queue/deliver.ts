import { deviceKeyOf, type Device } from '../accounts/account.js'
import type { ServerContext } from '../server-context.js'
import type { JournalSubject } from '../watching/journal.js'
import type { BinaryNode } from '../wire/binary-node.js'

/** Keeps a stanza for a device until it is acknowledged, and sends it now when the device is there. */
export function deliver(server: ServerContext, device: Device, node: BinaryNode): boolean {
  device.queue.push(node)
  const isDelivered = deliverIfOnline(server, device, node)
  server.journal.write(isDelivered ? 'delivered' : 'queued', subjectOf(server, device), { tag: node.tag, id: node.attrs['id'] ?? '' })
  return isDelivered
}

/** Sends a stanza when the device is there, and forgets it otherwise. */
export function deliverIfOnline(server: ServerContext, device: Device, node: BinaryNode): boolean {
  const connection = server.connections.online(deviceKeyOf(device))
  return connection !== undefined && connection.active && connection.send(node)
}

/** The device has acknowledged a stanza: it is not sent again. */
export function acknowledge(server: ServerContext, device: Device, tag: string, id: string): void {
  const index = device.queue.findIndex((node) => node.tag === tag && node.attrs['id'] === id)
  if (index === -1) return
  device.queue.splice(index, 1)
  server.journal.write('acknowledged', subjectOf(server, device), { tag, id, left: device.queue.length })
}

function subjectOf(server: ServerContext, device: Device): JournalSubject {
  const deviceKey = deviceKeyOf(device)
  return server.connections.online(deviceKey) ?? { id: null, label: null, deviceKey }
}
