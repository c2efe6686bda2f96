import { collectWithDeadline, withDeadline } from '../async/deadline.js'
import { SessionError } from '../errors.js'
import type { ConnectionRecord, ConnectionRepository } from '../repository/connection-repository.js'
import { repositoryFailed, type RepositoryFollower } from '../repository/repository-follower.js'
import type { Session } from '../session/session.js'
import { isObject } from '../store/read-answer.js'
import type { SessionStore } from '../store/session-store.js'
import { asStoreError } from '../store/store-failure.js'
import type { RestoreAllOptions, RestoreCandidate, RestoreResult } from './restore-report.js'
import type { SessionRegistry } from './session-registry.js'
import { contradicts, type SessionRestorer } from './session-restorer.js'
import type { Found, StatusLookup } from './status-lookup.js'

/** What looking at all sessions works with. */
export interface KnownSessionsOptions {
  store: SessionStore
  repository: ConnectionRepository | undefined
  follower: RepositoryFollower | null
  registry: SessionRegistry
  lookup: StatusLookup
  restorer: SessionRestorer
  timeoutMs: number
  onError: (error: SessionError) => void
}

/** All sessions there are: those of the store, of the repository, and those that run. */
export class KnownSessions {
  readonly #options: KnownSessionsOptions

  constructor(options: KnownSessionsOptions) {
    this.#options = options
  }

  /** Every id known, with what the repository knows of it. Rejects when the store cannot list them. */
  async all(): Promise<ReadonlyMap<string, ConnectionRecord | null>> {
    const records = await this.#records()
    const all = new Map<string, ConnectionRecord | null>()
    for (const sessionId of await this.storedIds()) all.set(sessionId, null)
    for (const { id } of this.#options.registry.all()) all.set(id, null)
    for (const record of records) all.set(record.sessionId, record)
    return all
  }

  /** The sessions to restore, most urgent first. Rejects with `LISTENER_FAILED` when `filter` or `priority` throws. */
  async candidates({ filter, priority }: Pick<RestoreAllOptions, 'filter' | 'priority'>): Promise<RestoreCandidate[]> {
    const records = new Map((await this.#records()).map((record) => [record.sessionId, record]))
    const sessionIds = new Set([...(await this.storedIds()), ...records.keys()])
    const candidates = [...sessionIds]
      .map((sessionId): RestoreCandidate => ({ sessionId, record: records.get(sessionId) ?? null }))
      .filter((candidate) => ask('filter', candidate, filter) !== false)
    if (priority === undefined) return candidates
    return candidates
      .map((candidate) => ({ candidate, rank: rankOf(ask('priority', candidate, priority) ?? 0) }))
      .sort((left, right) => right.rank - left.rank)
      .map(({ candidate }) => candidate)
  }

  /** The result of a session for which nothing has to be started; its record is corrected where it claims something else. */
  async resultAtRest({ sessionId, record }: RestoreCandidate): Promise<RestoreResult | null> {
    const { registry, lookup, restorer, follower } = this.#options
    const session = registry.find(sessionId)
    if (session?.isActive === true) {
      return session.openSocket !== undefined ? { sessionId, outcome: 'already_connected', reason: 'already_connected', durationMs: 0 } : null
    }
    const seen = await lookup.look(sessionId)
    // A repository that is slow has told of it in the list of all at least.
    const found = seen.record === null && record !== null ? lookup.judge({ ...seen, record }) : seen
    const result = restorer.resultAtRest(found) ?? failedHere(session, found)
    const { status, reason } = lookup.view(found)
    if (result !== null && session === undefined && contradicts(record, { status, reason })) {
      follower?.save(sessionId, { status, reason, owner: null, updatedAt: new Date() })
    }
    // After a logout nothing is stored any more, and the repository remembers.
    return result?.reason === 'never_paired' ? { ...result, reason } : result
  }

  /** Every id of the store. Rejects when it cannot list them. */
  async storedIds(): Promise<string[]> {
    const { store, timeoutMs } = this.#options
    try {
      return await collectWithDeadline(store.list(), timeoutMs, () => new Error(`It did not list its sessions within ${timeoutMs} ms.`))
    } catch (cause) {
      throw asStoreError(undefined, cause)
    }
  }

  /** Deletes what the repository has of a session, and what is still to be written there. Rejects with `REPOSITORY_FAILED`. */
  async deleteRecord(sessionId: string): Promise<void> {
    const { repository, follower, timeoutMs } = this.#options
    await follower?.forget(sessionId)
    if (repository === undefined) return
    try {
      await withDeadline(repository.delete(sessionId), timeoutMs, () => new Error(`It did not answer within ${timeoutMs} ms.`))
    } catch (cause) {
      throw repositoryFailed(sessionId, 'delete', cause)
    }
  }

  async #records(): Promise<ConnectionRecord[]> {
    const { repository, timeoutMs, onError } = this.#options
    if (repository === undefined) return []
    try {
      // Many mappers answer with undefined where nothing is.
      const answer: unknown = await withDeadline(repository.findAll(), timeoutMs, () => new Error(`It did not answer within ${timeoutMs} ms.`))
      const rows: unknown[] = Array.isArray(answer) ? answer : answer === undefined ? [] : [answer]
      const records = rows.filter(isRecord)
      if (records.length < rows.length)
        onError(
          repositoryFailed(undefined, 'find', new Error(`${rows.length - records.length} of ${rows.length} have no string as sessionId. They are ignored.`)),
        )
      return records
    } catch (cause) {
      onError(repositoryFailed(undefined, 'find', cause))
      return []
    }
  }
}

function ask<Answer>(
  name: 'filter' | 'priority',
  candidate: RestoreCandidate,
  option: ((candidate: RestoreCandidate) => Answer) | undefined,
): Answer | undefined {
  try {
    return option?.(candidate)
  } catch (cause) {
    const { sessionId } = candidate
    throw new SessionError(
      'LISTENER_FAILED',
      `"${name}" threw for session "${sessionId}", so no session was restored. Fix it, then call restoreAll again. See the cause.`,
      { sessionId, cause },
    )
  }
}

/** What failed here after it was dialled stays as it is until a person asks, or another process starts. */
function failedHere(session: Session | undefined, { sessionId, stored, owner }: Found): RestoreResult | null {
  if (session?.hasFailed !== true || owner !== null) return null
  if (stored.kind !== 'readable' || !session.knowsBetter(stored.lifecycle)) return null
  return { sessionId, outcome: 'skipped', reason: session.snapshot.reason, durationMs: 0 }
}

/** What is no number, such as a rank that nobody gave yet, is as good as none: comparing with it would leave the others in any order. */
function rankOf(rank: number): number {
  return rank > 0 || rank < 0 ? rank : 0
}

/** One row that cannot be understood keeps none of the others from being restored. */
function isRecord(row: unknown): row is ConnectionRecord {
  return isObject(row) && typeof row['sessionId'] === 'string'
}
