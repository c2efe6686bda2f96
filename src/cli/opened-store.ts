import type { SessionStore } from '../store/session-store.js'

/** What a command is about to do with a store. */
export type StorePurpose =
  /** Only look: nothing is made, no lock is taken. */
  | 'look'
  /** Take locks and write, in a store that is there. */
  | 'change'
  /** The same, and the store is made when it is missing. */
  | 'fill'

/** A store that was opened by name. */
export interface OpenedStore {
  /** The store. */
  readonly store: SessionStore
  /** Removes what is left of texts that were replaced; only where a store keeps such things. Rejects when it is in use. */
  readonly removeTraces?: () => Promise<void>
  /** Closes it, and what it stands on. */
  close(): Promise<void>
}
