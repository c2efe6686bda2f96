/** How Baileys writes bytes into JSON: a replacer and a reviver for `JSON.stringify` and `JSON.parse`. */
export interface BufferJson {
  /** Turns bytes into `{ type: 'Buffer', data: base64 }`. */
  replacer: (key: string, value: unknown) => unknown
  /** Turns that, and bytes that were written as an object with numbers for keys, into a `Buffer`. */
  reviver: (key: string, value: unknown) => unknown
}

/** Compatible with Baileys' `BufferJSON`, without Baileys. */
export const fakeBufferJson: BufferJson = Object.freeze({
  replacer: (_key: string, value: unknown): unknown => {
    const bytes = readBytes(value)
    return bytes === undefined ? value : { type: 'Buffer', data: bytes.toString('base64') }
  },
  reviver: (_key: string, value: unknown): unknown => {
    if (!isObject(value) || Array.isArray(value)) return value
    if (value['type'] === 'Buffer' && typeof value['data'] === 'string') return Buffer.from(value['data'], 'base64')
    return readIndexedBytes(value) ?? value
  },
})

/** Bytes as they are, or as `Buffer.toJSON` leaves them: a replacer sees a Buffer only after that. */
function readBytes(value: unknown): Buffer | undefined {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (!isObject(value) || value['type'] !== 'Buffer') return undefined
  const data = value['data']
  if (typeof data === 'string') return Buffer.from(data)
  return Array.isArray(data) ? Buffer.from(data.map(Number)) : undefined
}

/** A typed array that went through plain JSON is `{ "0": 1, "1": 2 }`. */
function readIndexedBytes(value: Record<string, unknown>): Buffer | undefined {
  const keys = Object.keys(value)
  if (keys.length === 0 || !keys.every((key) => !Number.isNaN(Number.parseInt(key, 10)))) return undefined
  const numbers = Object.values(value).filter((item) => typeof item === 'number')
  return numbers.length === keys.length ? Buffer.from(numbers) : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
