import type { RecordKey } from '../../store/session-store.js'

const MARK = '\u0001'

/**
 * What does not come through UTF-8 as it is: half characters, a byte order mark, which some clients cut off, and the character that stands
 * for bytes that are no text, so that one that is found tells of damage.
 */
const ESCAPED = new RegExp(`${MARK}|\\ufeff|\\ufffd|\\p{Surrogate}`, 'gu')

/** A text as it stands in Redis: what would not come back is written as a mark and four hexadecimal digits. All other texts stand as they are. */
export function toStored(text: string): string {
  return text.replace(ESCAPED, (character) => MARK + character.charCodeAt(0).toString(16).padStart(4, '0'))
}

/** The text that {@link toStored} was given; `null` for bytes that it did not make. */
export function fromStored(stored: string): string | null {
  if (stored.includes('\ufffd')) return null
  if (!stored.includes(MARK)) return stored
  const [first = '', ...rest] = stored.split(MARK)
  if (!rest.every((part) => /^[0-9a-f]{4}/u.test(part))) return null
  return first + rest.map((part) => String.fromCharCode(Number.parseInt(part.slice(0, 4), 16)) + part.slice(4)).join('')
}

/** The field of a record: the length of its type, its type, its id. No two records have the same, and no pattern has to be escaped. */
export function toField({ type, id }: RecordKey): string {
  return toStored(`${type.length}:${type}${id}`)
}

/** The record that a field is of; `null` for a field that {@link toField} did not make. */
export function fromField(field: string): RecordKey | null {
  const text = fromStored(field) ?? ''
  const colon = text.indexOf(':')
  const length = /^\d+$/u.test(text.slice(0, Math.max(colon, 0))) ? Number(text.slice(0, colon)) : NaN
  const rest = text.slice(colon + 1)
  return length <= rest.length ? { type: rest.slice(0, length), id: rest.slice(length) } : null
}
