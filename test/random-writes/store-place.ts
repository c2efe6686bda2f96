import type { SessionStore } from '../../src/store/session-store.js'
import type { ExpectedSession } from './expected-session.js'

/** Where stores keep their sessions. */
export interface StorePlace {
  /** What kind of store, for reports. */
  readonly name: string
  /** Whether changes reach their last place only after a while. */
  readonly folds: boolean
  /** A text that it cannot keep; `null` when there is none. */
  readonly unstorable: string | null
  /** Opens another store object. */
  open(): Promise<SessionStore>
  /** Makes the holder of a session's lock look as if its process had ended. */
  declareDead(sessionId: string): Promise<void>
  /** The place as a crash of everything at this moment would leave it. */
  copyAside(): StorePlace
  /** What is wrong with it after a clean close. */
  problems(sessions: ReadonlyMap<string, ExpectedSession>): string[]
  /** Removes everything. */
  remove(): void
}
