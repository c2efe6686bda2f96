import type { RecordChange, RecordKey, StoredRecord } from '../../store/session-store.js'
import { fromColumn, toColumn } from '../column-text.js'

/** Changes as JSON for the function `write`: what is removed, and what is set. No key is in both. */
export interface JsonChanges {
  readonly removed: string
  readonly set: string
}

/** Copies of changes, taken now, and of several changes to one record the last. Throws `TypeError` for a value that is no text. */
export function changesAsJson(changes: readonly RecordChange[]): JsonChanges {
  const last = new Map<string, { type: string; id: string; value: string | null }>()
  for (const { type, id, value } of changes) {
    if (value !== null && typeof value !== 'string')
      throw new TypeError(`The value of record "${type}" "${id}" must be a string or null, but is of type ${typeof value}.`)
    last.set(JSON.stringify([type, id]), { type: toColumn(type), id: toColumn(id), value: value === null ? null : toColumn(value) })
  }
  const all = [...last.values()]
  return {
    removed: JSON.stringify(all.flatMap(({ type, id, value }) => (value === null ? [{ type, id }] : []))),
    set: JSON.stringify(all.filter(({ value }) => value !== null)),
  }
}

/** Keys as JSON for a statement that reads. */
export function keysAsJson(keys: readonly RecordKey[]): string {
  return JSON.stringify(keys.map(({ type, id }) => ({ type: toColumn(type), id: toColumn(id) })))
}

/** The records of an answer. */
export function recordsOf(answer: unknown): StoredRecord[] {
  return rowsOf(answer).map(([type = '', id = '', value = '']) => ({ type, id, value }))
}

/** The keys of an answer. */
export function keysOf(answer: unknown): RecordKey[] {
  return rowsOf(answer).map(([type = '', id = '']) => ({ type, id }))
}

/** The session ids of an answer. */
export function idsOf(answer: unknown): string[] {
  return rowsOf(answer).map(([id = '']) => id)
}

/** An array of rows, each an array of texts; none when there is no answer. */
function rowsOf(answer: unknown): string[][] {
  if (!Array.isArray(answer)) return []
  return answer.map((row: unknown) => (Array.isArray(row) ? row.map((text: unknown) => (typeof text === 'string' ? fromColumn(text) : '')) : []))
}
