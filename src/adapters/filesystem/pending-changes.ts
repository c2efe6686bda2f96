import { keyText, type RecordChange, type RecordKey } from '../../store/session-store.js'
import type { RecordWrite } from './journal-entry.js'

/** The last change of a record that is not in its file yet. */
export interface PendingChange extends RecordChange {
  /** Whether it was promised to survive the loss of power. */
  readonly isDurable: boolean
}

/** What journals say beyond the files of a session: the last change of each record. */
export class PendingChanges {
  readonly #changes = new Map<string, PendingChange>()
  /** The records of which the journal has something that was promised to survive the loss of power. */
  readonly #durable = new Set<string>()
  #replacesAll = false

  /** Whether the records that are not among the changes are gone, whatever their files say. */
  get replacesAll(): boolean {
    return this.#replacesAll
  }

  /** Whether the files say all there is. */
  get isEmpty(): boolean {
    return !this.#replacesAll && this.#changes.size === 0
  }

  /** The same as it is now, whatever comes later. */
  copy(): PendingChanges {
    const copy = new PendingChanges()
    copy.#replacesAll = this.#replacesAll
    for (const [key, change] of this.#changes) copy.#changes.set(key, change)
    return copy
  }

  /** Takes in a write. */
  apply({ changes, replaceAll }: RecordWrite, isDurable: boolean): void {
    if (replaceAll) {
      this.#changes.clear()
      this.#replacesAll = true
    }
    for (const change of changes) {
      const key = keyText(change)
      if (isDurable) this.#durable.add(key)
      // What was promised of a value holds for the one that takes its place, as long as the journal has it.
      this.#changes.set(key, { ...change, isDurable: this.#durable.has(key) })
    }
  }

  /** The value of a record: `null` when it is gone, `undefined` when its file tells. */
  valueOf(key: RecordKey): string | null | undefined {
    const change = this.#changes.get(keyText(key))
    if (change !== undefined) return change.value
    return this.#replacesAll ? null : undefined
  }

  /** All changes. */
  all(): PendingChange[] {
    return [...this.#changes.values()]
  }

  /** Forgets all changes. */
  clear(): void {
    this.#changes.clear()
    this.#durable.clear()
    this.#replacesAll = false
  }

  /** To be told when the journal was cut: what was promised of it is kept by the files. */
  wasCut(): void {
    this.#durable.clear()
  }

  /** Forgets changes that are in the files by now, unless the record was changed since. */
  settle(folded: readonly PendingChange[]): void {
    this.#replacesAll = false
    for (const change of folded) {
      const key = keyText(change)
      if (this.#changes.get(key) === change) this.#changes.delete(key)
    }
  }
}
