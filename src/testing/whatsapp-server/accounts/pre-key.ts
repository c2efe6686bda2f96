import type { Device } from './account.js'

/** A one-time pre-key. */
export interface PreKey {
  id: number
  publicKey: Buffer
}

/** Takes a one-time pre-key: nobody gets it again. */
export function takePreKey(device: Device): PreKey | undefined {
  for (const [id, publicKey] of device.preKeys) {
    if (id < 0) continue
    device.preKeys.delete(id)
    return { id, publicKey }
  }
  return undefined
}
