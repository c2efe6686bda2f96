import type { Target } from '../connection/connection-pool.js'
import type { ServerContext } from '../server-context.js'
import { checkDelay } from '../timers.js'
import type { ConnectionFaults, DeviceFaults } from './fault-plan.js'
import type { Kick } from './kick-node.js'

/**
 * Plans faults for a device or for everybody, or with `null` those of a connection that nobody has logged in on. Throws for
 * a device that was never linked and for a delay that no timer can hold.
 */
export function planFaults(server: ServerContext, target: null, faults: ConnectionFaults): void
export function planFaults(server: ServerContext, target: Target, faults: DeviceFaults): void
export function planFaults(server: ServerContext, target: Target | null, faults: ConnectionFaults & DeviceFaults): void {
  const { handshakeDelayMs, loginDelayMs, slowMs } = faults
  for (const delayMs of [handshakeDelayMs, loginDelayMs, slowMs]) if (delayMs !== undefined) checkDelay('delayMs', delayMs)
  if (target === null) {
    Object.assign(server.faults.connection, faults)
    return
  }
  checkTarget(server, target)
  server.faults.set(target, faults)
  if (slowMs !== undefined) for (const connection of server.connections.aimedAt(target)) connection.slowMs = slowMs
}

/** Makes the next logins fail. Throws for a device that was never linked and for a count that is none. */
export function planFailures(server: ServerContext, target: Target, count: number, kick: Kick): void {
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`count must be a whole number of at least 0, got ${count}`)
  checkTarget(server, target)
  server.faults.failLogins(target, count, kick)
}

/** Takes back everything that is planned, and links as the server began to. */
export function clearFaults(server: ServerContext): void {
  server.faults.clear()
  server.limits.clear()
  server.linking.reset()
  for (const connection of server.connections.all()) connection.slowMs = 0
}

function checkTarget(server: ServerContext, target: Target): void {
  if (target !== '*') server.accounts.knownDevice(target)
}
