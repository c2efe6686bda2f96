import { withDeadline } from '../async/deadline.js'
import type { SessionError } from '../errors.js'
import type { LockCluster } from '../lease/lock-cluster.js'
import type { SessionSnapshot } from '../status/session-status.js'
import { asStoreError, storeTimeout } from '../store/store-failure.js'
import { encodeStanding, type Standing } from './standing.js'

/** What writing notes works with. */
export interface StandingNotesOptions {
  readonly cluster: Pick<LockCluster, 'note'>
  readonly timeoutMs: number
  /** Told of the first note that could not be written; the next time only after one could be. */
  readonly onError: (error: SessionError) => void
}

/** A note that is still to be written. */
interface DueNote {
  readonly fencingToken: number
  readonly text: string
}

/**
 * Writes beside the lock of each session that runs here where it stands. One call at a time for each session, and only the latest
 * standing counts: a session that flaps faster than the store answers does not pile up calls.
 */
export class StandingNotes {
  readonly #options: StandingNotesOptions
  readonly #due = new Map<string, DueNote>()
  readonly #writing = new Map<string, Promise<void>>()
  #isFailing = false

  constructor(options: StandingNotesOptions) {
    this.#options = options
  }

  /** Writes a standing under the lease of the session. What cannot be written is written with the next change, or by {@link retry}. */
  note(sessionId: string, fencingToken: number, standing: Standing): void {
    this.#due.set(sessionId, { fencingToken, text: encodeStanding(standing) })
    this.#write(sessionId)
  }

  /** Tries again to write what could not be written. Under a lease that has ended meanwhile it changes nothing. */
  retry(): void {
    for (const sessionId of this.#due.keys()) this.#write(sessionId)
  }

  /** Resolves once nothing is being written of a session, with whether all was written. Never rejects. */
  async settled(sessionId: string): Promise<boolean> {
    await this.#writing.get(sessionId)
    return !this.#due.has(sessionId)
  }

  #write(sessionId: string): void {
    if (!this.#writing.has(sessionId)) this.#writing.set(sessionId, this.#writeDue(sessionId))
  }

  async #writeDue(sessionId: string): Promise<void> {
    for (let due = this.#due.get(sessionId); due !== undefined; due = this.#due.get(sessionId)) {
      const isWritten = await this.#tryToWrite(sessionId, due)
      if (this.#due.get(sessionId) !== due) continue
      if (!isWritten) break
      this.#due.delete(sessionId)
    }
    // In the same step as the last look: what comes from now on begins anew.
    this.#writing.delete(sessionId)
  }

  async #tryToWrite(sessionId: string, { fencingToken, text }: DueNote): Promise<boolean> {
    const { cluster, timeoutMs, onError } = this.#options
    try {
      await withDeadline(cluster.note(sessionId, fencingToken, text), timeoutMs, () => storeTimeout(sessionId, 'note', timeoutMs))
      this.#isFailing = false
      return true
    } catch (cause) {
      if (!this.#isFailing) onError(asStoreError(sessionId, cause))
      this.#isFailing = true
      return false
    }
  }
}

/** What the others are told of a session: its snapshot without secrets, and what is known of its moves. */
export function standingOf(snapshot: SessionSnapshot, moves: Pick<Standing, 'offeredTo' | 'moves' | 'movedAt'>): Standing {
  const { status, reason, phoneNumber, since, lastDisconnect, nextRetryAt, restrictedUntil, attempt } = snapshot
  return {
    status,
    reason,
    phoneNumber: phoneNumber ?? null,
    since,
    lastDisconnect: lastDisconnect ?? null,
    nextRetryAt: nextRetryAt ?? null,
    restrictedUntil: restrictedUntil ?? null,
    attempt: attempt ?? null,
    offeredTo: moves.offeredTo,
    moves: moves.moves,
    movedAt: moves.movedAt,
  }
}
