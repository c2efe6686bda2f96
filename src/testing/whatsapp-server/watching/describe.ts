import { deviceKeyOf, type DeviceKey } from '../accounts/account.js'
import type { ServerContext } from '../server-context.js'
import type { LinkedDevice } from '../server-events.js'
import { lidJid, phoneJid } from '../wire/jid.js'

/** What the server knows of a device. */
export interface DeviceDescription extends LinkedDevice {
  /** Whether it was unlinked, by its phone or by itself. */
  removed: boolean
  /** Whether it is logged in right now. */
  online: boolean
  /** One-time pre-keys that nobody has taken yet. */
  preKeys: number
  /** Messages and receipts that it has not acknowledged: sent again after its next login. */
  queued: number
}

/** Describes a device. Throws when it was never linked. */
export function describeDevice(server: ServerContext, deviceKey: DeviceKey): DeviceDescription {
  const device = server.accounts.knownDevice(deviceKey)
  const { lid } = server.accounts.account(device.phone)
  return {
    deviceKey,
    phone: device.phone,
    number: device.number,
    jid: phoneJid(device.phone, device.number),
    lid: lidJid(lid, device.number),
    removed: device.removed,
    online: server.connections.online(deviceKey) !== undefined,
    preKeys: device.preKeys.size,
    queued: device.queue.length,
  }
}

/** The keys of all devices that are linked. */
export function linkedDevices(server: ServerContext): DeviceKey[] {
  return server.accounts.all().flatMap(({ devices }) => [...devices.values()].filter(({ removed }) => !removed).map(deviceKeyOf))
}
