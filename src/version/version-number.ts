import type { WAVersion } from '@whiskeysockets/baileys'

/** Each part is sent as a `uint32` (Baileys 7.0.0-rc14, `ClientPayload.UserAgent.AppVersion`). */
const LARGEST_PART = 2 ** 32 - 1

/** Whether a value is a version that can be sent. */
export function isVersion(value: unknown): value is WAVersion {
  return Array.isArray(value) && value.length === 3 && value.every(part => Number.isInteger(part) && part >= 0 && part <= LARGEST_PART)
}

/** Whether `left` is higher than `right`. */
export function isHigher(left: WAVersion, right: WAVersion): boolean {
  const index = left.findIndex((part, position) => part !== right[position])
  return index >= 0 && (left[index] ?? 0) > (right[index] ?? 0)
}

/** Whether both are the same version, or both unknown. */
export function isSameVersion(left: WAVersion | undefined, right: WAVersion | undefined): boolean {
  return left?.join('.') === right?.join('.')
}
