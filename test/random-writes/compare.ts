import { keyText, type RecordKey, type SessionStore } from '../../src/store/session-store.js'
import type { Change, ExpectedSession } from './expected-session.js'

/** What a store says of a session that is not so; `null` when all is as expected. */
export async function problemOf(
  { id, expected }: { id: string; expected: ExpectedSession },
  keys: readonly RecordKey[],
  store: SessionStore,
): Promise<string | null> {
  const found = new Map((await store.read(id, keys)).map((record) => [keyText(record), record]))
  for (const key of keys) {
    const record = found.get(keyText(key))
    if (record?.value !== expected.valueOf(key)) return `${keyText(key)} is ${short(record?.value)} instead of ${short(expected.valueOf(key))}`
    if (record?.restoredFrom !== undefined) return `${keyText(key)} comes from a copy`
  }
  const present: string[] = []
  for await (const key of store.records(id)) present.push(keyText(key))
  const expectedKeys = expected.keys
  return present.sort().join() === expectedKeys.join() ? null : `has the records ${present.join()} instead of ${expectedKeys.join()}`
}

/** Tells a change in one line. */
export function tellChange(change: Change): string {
  if (change.kind === 'delete') return 'delete'
  const texts = change.changes.map(({ type, id, value }) => `${short([type, id])} = ${short(value)}`)
  return `${change.replaceAll ? 'replace all by' : 'write'} ${texts.join(', ')}`
}

function short(value: string | readonly string[] | null | undefined): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 50)}… (${text.length})` : text
}
