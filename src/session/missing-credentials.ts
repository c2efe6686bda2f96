import { withDeadline } from '../async/deadline.js'
import { freshLifecycle, type Lifecycle } from '../auth/lifecycle-record.js'
import type { StoredSession } from '../auth/stored-session.js'
import { SessionError } from '../errors.js'
import type { ConnectionRecord } from '../repository/connection-repository.js'

/** What a store holds of a session, or that it holds nothing of one that was paired. */
export type StoredOrMissing = StoredSession | { readonly kind: 'missing'; readonly lifecycle: Lifecycle; readonly error: SessionError }

/** What is known of a session beside its store. */
export interface PairingFacts {
  /** Whether a phone is linked, as far as this process knows; `null`: it does not know. */
  readonly isPairedHere: boolean | null
  /** What the repository knows. */
  readonly record: Pick<ConnectionRecord, 'status' | 'phoneNumber'> | null
}

/** Whether somebody knows that a phone is linked. A repository's number of a session that was logged out says nothing. */
export function isKnownPaired({ isPairedHere, record }: PairingFacts): boolean {
  return record?.status !== 'logged_out' && (isPairedHere ?? Boolean(record?.phoneNumber))
}

/** Tells a session that was never paired from one whose credentials are gone: only the second is a loss. */
export function missingIfKnown(sessionId: string, stored: StoredSession, facts: PairingFacts): StoredOrMissing {
  // A person who connected since has decided that nothing is paired.
  if (stored.kind !== 'absent' || stored.isPairingBegun || !isKnownPaired(facts)) return stored
  return { kind: 'missing', lifecycle: freshLifecycle(null), error: credentialsMissing(sessionId) }
}

function credentialsMissing(sessionId: string): SessionError {
  return new SessionError(
    'CREDENTIALS_MISSING',
    `A phone is linked to session "${sessionId}", but the store holds no credentials for it: they were removed from outside, or this is another store. Restore them from a backup, or call connect() to link the phone again.`,
    { sessionId },
  )
}

/** A load never waits longer than this for the repository. */
const REPOSITORY_GRACE_MS = 500

/** What is known of the pairing of one session while it is loaded, run and ended here. */
export class PairingKnowledge {
  readonly #sessionId: string
  readonly #findRecord: () => Promise<ConnectionRecord | null>
  #isPairedHere: boolean | null = null

  /** `findRecord` asks the repository, and never rejects. */
  constructor(sessionId: string, findRecord: () => Promise<ConnectionRecord | null>) {
    this.#sessionId = sessionId
    this.#findRecord = findRecord
  }

  /** Whether a phone is linked, as far as this process knows; `null`: it does not know, or somebody else may have changed it since. */
  get isPairedHere(): boolean | null {
    return this.#isPairedHere
  }

  /** Notes what this process has seen or done; `null`: what it knew need not be true any more. */
  note(isPaired: boolean | null): void {
    this.#isPairedHere = isPaired
  }

  /** Takes in what was read, and says what it means in the light of what was known before. Never rejects. */
  async judge(stored: StoredSession): Promise<StoredOrMissing> {
    if (stored.kind === 'readable') this.note(stored.creds.kind === 'paired' ? stored.lifecycle.loggedOutAt === null : null)
    if (stored.kind !== 'absent' || stored.isPairingBegun || this.#isPairedHere === false) return stored
    return missingIfKnown(this.#sessionId, stored, await this.#ask())
  }

  /** Whether somebody knows that a phone is linked. Never rejects. */
  async isKnown(): Promise<boolean> {
    return isKnownPaired(await this.#ask())
  }

  async #ask(): Promise<PairingFacts> {
    const record = await withDeadline(this.#findRecord(), REPOSITORY_GRACE_MS, () => new Error('late')).catch(() => null)
    return { isPairedHere: this.#isPairedHere, record }
  }
}
