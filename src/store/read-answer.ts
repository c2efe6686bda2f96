import type { StoredRecord } from './session-store.js'

/**
 * What a store answered a read with. Throws when that is not a list of records whose values are texts: such a store is out of order, and
 * what it holds must be taken neither for absent nor for damaged.
 */
export function requireRecords(answer: unknown): StoredRecord[] {
  if (!Array.isArray(answer)) throw new Error(`it answered a read with ${nameOf(answer)} instead of a list of records.`)
  const list: unknown[] = answer
  return list.map((record) => {
    if (isRecord(record)) return record
    throw new Error(
      isObject(record)
        ? `it answered a read with a record whose type, id and value are ${nameOf(record['type'])}, ${nameOf(record['id'])} and ${nameOf(record['value'])}, but all three must be strings.`
        : `it answered a read with a list that contains ${nameOf(record)} instead of a record.`,
    )
  })
}

function isRecord(record: unknown): record is StoredRecord {
  return isObject(record) && typeof record['type'] === 'string' && typeof record['id'] === 'string' && typeof record['value'] === 'string'
}

/** What kind of value it is. Never the value itself: it may be a key. */
export function nameOf(value: unknown): string {
  if (typeof value === 'string') return 'a string'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return value === undefined || value === null ? String(value) : `a ${typeof value}`
}

/** Whether something is an object with fields, and no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The JSON object that a text is; `null` for any other text. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    // The parser's message quotes the text, which may be a secret.
    return null
  }
}
