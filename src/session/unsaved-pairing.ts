import { inspectStoredCreds, type StoredSession } from '../auth/stored-session.js'
import type { SessionError } from '../errors.js'
import type { SessionLease } from '../lease/session-lock.js'
import { CREDS_KEY, type RecordChange } from '../store/session-store.js'
import { pairingGivenUp } from './session-refusals.js'

/** What an unsaved pairing works with. */
export interface UnsavedPairingOptions {
  readonly sessionId: string
  readonly read: () => Promise<StoredSession>
  readonly write: (lease: SessionLease, records: readonly RecordChange[]) => Promise<void>
  readonly onGivenUp: (error: SessionError) => void
}

/** What a pairing could not store. The phone has the device linked already, so that it is stored as soon as that can be done. */
export class UnsavedPairing {
  readonly #options: UnsavedPairingOptions
  #records: readonly RecordChange[] | null = null

  constructor(options: UnsavedPairingOptions) {
    this.#options = options
  }

  /** Whether there is any. */
  exists(): boolean {
    return this.#records !== null
  }

  /** To be called when a socket is closed that could not store its pairing. */
  keep(records: readonly RecordChange[]): void {
    this.#records = records
  }

  /** Forgets it: a person wants the session gone. */
  forget(): void {
    this.#records = null
  }

  /** Another process has taken over: its pairing, or its deletion, must not be undone. */
  giveUp(): void {
    if (this.#records === null) return
    this.#records = null
    this.#options.onGivenUp(pairingGivenUp(this.#options.sessionId))
  }

  /** Stores it, if there is any, in place of everything that was stored before. The lease may be a new one. */
  async write(lease: SessionLease): Promise<void> {
    const records = this.#records
    if (records === null) return
    if (!mayFollow(records, await this.#options.read())) {
      this.giveUp()
      return
    }
    await this.#options.write(lease, records)
    this.#records = null
  }
}

/** Whether what is stored is what a pairing began from, or the pairing itself; otherwise somebody has deleted or linked the session since. */
function mayFollow(records: readonly RecordChange[], stored: StoredSession): boolean {
  switch (stored.kind) {
    case 'unavailable':
      throw stored.error
    case 'absent':
      return stored.isPairingBegun
    case 'readable': {
      const isLinked = stored.creds.kind === 'paired' && stored.lifecycle.loggedOutAt === null
      return !isLinked || stored.creds.identity === identityOf(records)
    }
    default:
      return false
  }
}

function identityOf(records: readonly RecordChange[]): string | null {
  const text = records.find(({ type, id }) => type === CREDS_KEY.type && id === CREDS_KEY.id)?.value
  const creds = text === undefined || text === null ? null : inspectStoredCreds(text)
  return creds === null || creds.kind === 'corrupt' ? null : creds.identity
}
