import type { DeviceKey } from '../accounts/account.js'
import type { Connection } from './connection.js'

/** The key of a device, or `*` for everybody. */
export type Target = DeviceKey

/** The connections that are open, and which device each belongs to. */
export class ConnectionPool {
  readonly #open = new Set<Connection>()
  readonly #online = new Map<DeviceKey, Connection>()

  /** How many are open, in any phase. */
  get size(): number {
    return this.#open.size
  }

  /** All that are open. */
  all(): Connection[] {
    return [...this.#open]
  }

  /** A connection was opened. */
  add(connection: Connection): void {
    this.#open.add(connection)
  }

  /** A connection is gone. */
  remove(connection: Connection): void {
    this.#open.delete(connection)
    const { deviceKey } = connection
    if (deviceKey !== null && this.#online.get(deviceKey) === connection) this.#online.delete(deviceKey)
  }

  /** The connection on which a device is logged in. */
  online(deviceKey: DeviceKey): Connection | undefined {
    return this.#online.get(deviceKey)
  }

  /** Makes it the one connection of its device; returns the one before. */
  setOnline(deviceKey: DeviceKey, connection: Connection): Connection | undefined {
    const before = this.#online.get(deviceKey)
    this.#online.set(deviceKey, connection)
    return before
  }

  /** How many devices are logged in. */
  get onlineCount(): number {
    return this.#online.size
  }

  /** The connections a fault is aimed at: all; or the one on which a device is logged in, else those on which it tries. */
  aimedAt(target: Target): Connection[] {
    const open = this.all().filter(({ isOpen }) => isOpen)
    if (target === '*') return open
    const online = this.#online.get(target)
    return open.filter((connection) => (online === undefined ? connection.deviceKey === target : connection === online))
  }
}
