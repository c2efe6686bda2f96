import type { DeviceKey } from '../accounts/account.js'
import type { Target } from '../connection/connection-pool.js'
import type { Kick } from './kick-node.js'

/** The faults that wait for new connections; what is absent stays as it is. */
export interface ConnectionFaults {
  handshakeDelayMs?: number
  muteHandshake?: boolean
  muteUpgrade?: boolean
}

/** The faults that wait for a device; what is absent is as for everybody, or off. */
export interface DeviceFaults {
  loginDelayMs?: number
  muteLogin?: boolean
  muteSuccess?: boolean
  muteLogout?: boolean
  slowMs?: number
}

interface Failures {
  left: number
  kick: Kick
}

const NO_CONNECTION_FAULTS: Required<ConnectionFaults> = { handshakeDelayMs: 0, muteHandshake: false, muteUpgrade: false }
const NONE: Required<DeviceFaults> = { loginDelayMs: 0, muteLogin: false, muteSuccess: false, muteLogout: false, slowMs: 0 }

/** The faults that wait to happen. Those of one device win over those of everybody. */
export class FaultPlan {
  /** What is in force for new connections. */
  readonly connection: Required<ConnectionFaults> = { ...NO_CONNECTION_FAULTS }
  readonly #faults = new Map<Target, DeviceFaults>()
  readonly #failures = new Map<Target, Failures>()

  /** Plans faults for a device or for everybody. */
  set(target: Target, faults: DeviceFaults): void {
    this.#faults.set(target, { ...this.#faults.get(target), ...faults })
  }

  /** What is in force for a device. */
  of(deviceKey: DeviceKey): Required<DeviceFaults> {
    return { ...NONE, ...this.#faults.get('*'), ...this.#faults.get(deviceKey) }
  }

  /** The next `count` logins fail; 0 takes that back. */
  failLogins(target: Target, count: number, kick: Kick): void {
    if (count > 0) this.#failures.set(target, { left: count, kick })
    else this.#failures.delete(target)
  }

  /** Uses up one planned failure of a login. */
  takeFailure(deviceKey: DeviceKey): Kick | null {
    for (const target of [deviceKey, '*']) {
      const failures = this.#failures.get(target)
      if (failures === undefined) continue
      failures.left--
      if (failures.left === 0) this.#failures.delete(target)
      return failures.kick
    }
    return null
  }

  /** Forgets them all. */
  clear(): void {
    this.#faults.clear()
    this.#failures.clear()
    Object.assign(this.connection, NO_CONNECTION_FAULTS)
  }
}
