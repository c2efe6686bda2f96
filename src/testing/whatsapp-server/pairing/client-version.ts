import { expectOneOf } from '../expect-one-of.js'

/** A version of WhatsApp Web, as clients tell it: `[2, 3000, 1035194821]`. */
export type ClientVersion = readonly [primary: number, secondary: number, tertiary: number]

/** Which versions may link, and where the others are refused. */
export interface VersionRequirement {
  /** The lowest that may link. */
  lowest: ClientVersion
  /** `before-qr`: with a failure 405 when the client registers. `after-scan`: the phone cannot link, and the client hears nothing. Default `before-qr`. */
  refuse?: 'before-qr' | 'after-scan'
}

/** Fills in the defaults. Throws `TypeError` for what is no version and for an unknown place to refuse. */
export function toVersionRequirement(wish: ClientVersion | VersionRequirement): Required<VersionRequirement> {
  const { lowest, refuse = 'before-qr' } = 'lowest' in wish ? wish : { lowest: wish }
  if (!isVersion(lowest)) {
    throw new TypeError(`requireVersion must be three whole numbers, such as [2, 3000, 1035194821], got ${JSON.stringify(lowest)}`)
  }
  expectOneOf('requireVersion.refuse', refuse, ['before-qr', 'after-scan'])
  return { lowest, refuse }
}

function isVersion(value: unknown): boolean {
  return Array.isArray(value) && value.length === 3 && value.every((part) => Number.isInteger(part) && Number(part) >= 0)
}

/** Whether the first version comes before the second. */
export function isOlder(version: ClientVersion, than: ClientVersion): boolean {
  const differing = version.findIndex((part, index) => part !== than[index])
  return differing >= 0 && (version[differing] ?? 0) < (than[differing] ?? 0)
}
