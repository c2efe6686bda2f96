/** What must not be found: texts, and the values of records, with everything in them that may be key material, public or not. */
export interface Secrets {
  texts: string[]
  stored: string[]
}

/** Enough of a key to be sure, but short enough to find one that was cut off. A multiple of 3, for base64. */
const BYTES = 15
const SHORTEST = 8

/** Every form in which a secret could be printed. */
export function formsOf({ texts, stored }: Secrets): string[] {
  const plain = texts.filter((text) => text.length >= SHORTEST)
  const keys = [...plain, ...stored.map((value): unknown => JSON.parse(value))].flatMap(keysIn)
  const forms = [...plain, ...[...keys, ...plain.map((text) => Buffer.from(text))].flatMap(formsOfBytes)]
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST)
}

/** Creates a function that finds which forms a text contains. */
export function finderOf(forms: readonly string[]): (printed: string) => string[] {
  const byBeginning = new Map<string, string[]>()
  for (const form of forms) byBeginning.set(form.slice(0, SHORTEST), [...(byBeginning.get(form.slice(0, SHORTEST)) ?? []), form])
  return (printed) => {
    // `[1, 2]`, `{ "0": 1, "1": 2 }` and `<Buffer 01 02>` must look alike wherever they were printed.
    const text = printed.replaceAll(/["'\\\s]/gu, '').replaceAll(/(?<=[{,])\d{1,4}:(?=\d)/gu, '')
    return Array.from({ length: text.length }, (_, at) =>
      (byBeginning.get(text.slice(at, at + SHORTEST)) ?? []).filter((form) => text.startsWith(form, at)),
    ).flat()
  }
}

/** Everything in a value that may be base64 bytes: in a text, and in the name of a property. */
function keysIn(value: unknown): Uint8Array[] {
  if (typeof value === 'string') return /^[\w+/-]{20,}={0,2}$/u.test(value) ? [Buffer.from(value, 'base64')].filter(({ length }) => length > BYTES) : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, part]) => [...keysIn(name), ...keysIn(part)])
}

function formsOfBytes(key: Uint8Array): string[] {
  // The first byte of a public key may be its type.
  const bytes = Buffer.from(key.subarray(1, 1 + BYTES))
  // In the base64 of something longer, the key may begin anywhere.
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .slice(offset === 0 ? 0 : 4, Math.trunc(((bytes.length + offset) * 8) / 6)),
  )
  const hex = bytes.toString('hex')
  return [...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')), hex, hex.toUpperCase(), bytes.join(',')]
}
