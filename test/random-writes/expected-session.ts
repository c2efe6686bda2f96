import { keyText, type RecordChange, type RecordKey } from '../../src/store/session-store.js'

/** One write or delete, as a model carries it out. */
export type Change = { readonly kind: 'write'; readonly changes: readonly RecordChange[]; readonly replaceAll: boolean } | { readonly kind: 'delete' }

/** What a session is to hold. */
export class ExpectedSession {
  readonly #records: Map<string, { key: RecordKey; value: string }>
  /** Whether anything was ever written, so that the store may know the session. */
  wasWritten: boolean

  constructor(from?: ExpectedSession) {
    this.#records = new Map(from === undefined ? [] : from.#records)
    this.wasWritten = from?.wasWritten ?? false
  }

  get isEmpty(): boolean {
    return this.#records.size === 0
  }

  /** The keys of all records, as texts in order. */
  get keys(): string[] {
    return [...this.#records.keys()].sort()
  }

  /** All records. */
  get records(): { key: RecordKey; value: string }[] {
    return [...this.#records.values()]
  }

  /** The value of a record, or `undefined`. */
  valueOf(key: RecordKey): string | undefined {
    return this.#records.get(keyText(key))?.value
  }

  /** The session after a change. */
  after(change: Change): ExpectedSession {
    const next = new ExpectedSession(this)
    if (change.kind === 'delete') {
      next.#records.clear()
      next.wasWritten = false
      return next
    }
    next.wasWritten = true
    if (change.replaceAll) next.#records.clear()
    for (const { type, id, value } of change.changes) {
      if (value === null) next.#records.delete(keyText({ type, id }))
      else next.#records.set(keyText({ type, id }), { key: { type, id }, value })
    }
    return next
  }
}
