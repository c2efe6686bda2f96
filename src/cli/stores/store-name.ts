import type { SessionStore } from '../../store/session-store.js'
import type { SessionsFolder } from './sessions-folder.js'

/** A store that was named, and is not open yet. */
export interface StoreName {
  /** How it is shown: as it was named, with `***` for a password. */
  readonly text: string
  /** Where it is: the same for all names of one store. It has no password. */
  readonly place: string
  /** Where its sessions are folders; `null` for any other kind. */
  readonly folder: SessionsFolder | null
  /** What the server is called that keeps it; `null` where there is none. */
  readonly server: string | null
  /** Opens it. Rejects with a `CommandError` when it is not there, unless it is to be filled. */
  open(purpose: StorePurpose): Promise<OpenedStore>
}

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
  /** What tells of the server that keeps it; `null` where there is none. */
  readonly server: StoreServer | null
  /** Removes what else the store keeps of texts that were encrypted. Resolves with what is left, a sentence each. */
  removeTraces(encrypted: EncryptedSessions): Promise<readonly string[]>
  /** Closes it, and what it stands on. */
  close(): Promise<void>
}

/** What can be said of the server of a store. */
export interface StoreServer {
  /** Where texts from before an encryption may be left, which only the server can remove. A sentence. */
  readonly oldTexts: string
  /** Asks it. Rejects with a `SessionError`. */
  report(): Promise<ServerReport>
}

/** What a server says of itself, and of a store in it. */
export interface ServerReport {
  /** What it is. */
  readonly engine: string
  /** Its version; `null` when it does not tell. */
  readonly version: string | null
  /** The version of the tables or keys of the store; `null` when there are none yet. */
  readonly schemaVersion: number | null
  /** How many processes have a lease. */
  readonly processes: number
  /** What may lose sessions, a few sentences each. */
  readonly warnings: readonly string[]
}
