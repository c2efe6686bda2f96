import type { SessionStore } from '../store/session-store.js'

/** What a command is about to do with a store. */
export type StorePurpose =
  /** Only look: nothing is made, no lock is taken. */
  | 'look'
  /** Take locks and write, in a store that is there. */
  | 'change'
  /** The same, and the store is made when it is missing. */
  | 'fill'

/** Sessions of which every record is under a key. */
export interface EncryptedSessions {
  /** Their ids. */
  readonly sessionIds: readonly string[]
  /** The id of the key. */
  readonly keyId: string
}

/** A store that was opened by name. */
export interface OpenedStore {
  /** The store. */
  readonly store: SessionStore
  /** Removes what else the store keeps of texts that were encrypted. Resolves with what is left, a sentence each. */
  removeTraces(encrypted: EncryptedSessions): Promise<readonly string[]>
  /** Closes it, and what it stands on. */
  close(): Promise<void>
}
