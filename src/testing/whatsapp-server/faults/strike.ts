import type { Connection } from '../connection/connection.js'
import type { Target } from '../connection/connection-pool.js'
import type { ServerContext } from '../server-context.js'
import type { LogKind } from '../watching/log-entry.js'
import { kickNode, type Kick } from './kick-node.js'

/** Does something to the open connections of a target and says to how many. */
export function strike(server: ServerContext, target: Target, kind: LogKind, blow: (connection: Connection) => void): number {
  if (target !== '*') server.accounts.knownDevice(target)
  const connections = server.connections.aimedAt(target)
  for (const connection of connections) {
    server.journal.write(kind, connection)
    blow(connection)
  }
  return connections.length
}

/** Throws clients out with a stanza. */
export function kick(server: ServerContext, target: Target, how: Kick): number {
  return strike(server, target, 'kick', (connection) => connection.dismiss(kickNode(how), how.closeAfterMs))
}

/** The phone's user removes a device: it is thrown out, and refused at every later login. */
export function removeDevice(server: ServerContext, deviceKey: string): void {
  const device = server.accounts.knownDevice(deviceKey)
  device.removed = true
  server.journal.write('device-removed', server.connections.online(deviceKey) ?? { id: null, label: null, deviceKey })
  kick(server, deviceKey, { code: 401 })
}
