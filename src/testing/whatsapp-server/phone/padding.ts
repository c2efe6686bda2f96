import { randomInt } from 'node:crypto'

const MOST = 16

/** Adds 1 to 16 bytes, each of which says how many there are. */
export function pad(data: Uint8Array): Buffer {
  const count = randomInt(1, MOST + 1)
  return Buffer.concat([data, Buffer.alloc(count, count)])
}

/** Takes the padding off. */
export function unpad(data: Uint8Array): Uint8Array {
  const count = data.at(-1) ?? 0
  return data.subarray(0, data.length - Math.min(count, data.length))
}
