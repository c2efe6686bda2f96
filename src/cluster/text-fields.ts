/** The fields of a text that another process wrote; `null` when it is damaged. That process may run another version of this library. */
export function parseFields(text: string): ReadonlyMap<string, unknown> | null {
  try {
    return toFields(JSON.parse(text))
  } catch {
    return null
  }
}

/** The fields of an object; `null` for anything else. */
export function toFields(value: unknown): ReadonlyMap<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map<string, unknown>(Object.entries(value)) : null
}

/** A text, or `null`. */
export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** A whole number that is not negative, or `null`. */
export function countOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}

/** A time in ISO form, or `null`. */
export function dateOrNull(value: unknown): Date | null {
  const date = new Date(typeof value === 'string' ? value : NaN)
  return Number.isNaN(date.getTime()) ? null : date
}
