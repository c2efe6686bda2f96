/** Throws `TypeError` for an option that is none of the known values. */
export function expectOneOf(name: string, value: unknown, known: readonly unknown[]): void {
  if (known.includes(value)) return
  throw new TypeError(`${name} must be one of ${known.map((one) => JSON.stringify(one)).join(', ')}, got ${JSON.stringify(value)}`)
}
