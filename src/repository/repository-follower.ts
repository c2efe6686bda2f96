import { withDeadline } from '../async/deadline.js'
import { SessionError } from '../errors.js'
import type { ConnectionRecord, ConnectionRepository } from './connection-repository.js'

/** What a follower works with. */
export interface RepositoryFollowerOptions {
  repository: ConnectionRepository
  /** The deadline of one call. */
  timeoutMs: number
  onError: (error: SessionError) => void
}

type Changes = Partial<ConnectionRecord>

interface Line {
  readonly changes: Changes[]
  running: Promise<void> | null
  retry: NodeJS.Timeout | null
  /** Calls in a row that failed. */
  failures: number
  /** Calls that went past their deadline and may be carried out yet, over what was written since. */
  late: number
  /** What was written since the first of them. */
  writtenSince: Changes
}

/** How long to wait before a repository that failed is tried again: doubled each time in a row, up to the longest. */
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 30_000

/**
 * Writes every change of every session to the repository, in order, in the background. While the repository fails only the last
 * state of each session is kept, and written once it is back.
 */
export class RepositoryFollower {
  readonly #options: RepositoryFollowerOptions
  readonly #lines = new Map<string, Line>()
  #closed = false

  constructor(options: RepositoryFollowerOptions) {
    this.#options = options
  }

  /** Queues a change. */
  save(sessionId: string, changes: Changes): void {
    if (this.#closed) return
    const line = this.#lines.get(sessionId) ?? { changes: [], running: null, retry: null, failures: 0, late: 0, writtenSince: {} }
    this.#lines.set(sessionId, line)
    line.changes.push(changes)
    if (line.retry === null) this.#run(sessionId, line)
  }

  /** Drops what is queued for a session, and resolves once nothing is being written for it. */
  async forget(sessionId: string): Promise<void> {
    const line = this.#lines.get(sessionId)
    if (line === undefined) return
    // What is saved from now on is of a session that begins anew.
    this.#lines.delete(sessionId)
    line.changes.length = 0
    this.#stopRetry(line)
    await line.running
  }

  /** Tries once more to write what is queued for a session; resolves when it is written or has failed. */
  async flush(sessionId: string): Promise<void> {
    const line = this.#lines.get(sessionId)
    if (line === undefined) return
    this.#retry(sessionId, line)
    await line.running
  }

  /** Tries once more to write everything, then writes nothing any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#lines.keys()].map((sessionId) => this.flush(sessionId)))
    this.abandon()
  }

  /** Writes nothing any more, at once. */
  abandon(): void {
    this.#closed = true
    for (const line of this.#lines.values()) {
      line.changes.length = 0
      this.#stopRetry(line)
    }
    this.#lines.clear()
  }

  #run(sessionId: string, line: Line): void {
    line.running ??= this.#write(sessionId, line).finally(() => {
      line.running = null
      if (line.changes.length > 0 && line.retry === null) this.#run(sessionId, line)
    })
  }

  async #write(sessionId: string, line: Line): Promise<void> {
    const { repository, timeoutMs } = this.#options
    for (let next = line.changes.shift(); next !== undefined; next = line.changes.shift()) {
      const changes = next
      const saving = callNow(() => repository.save(sessionId, changes))
      try {
        await withDeadline(saving, timeoutMs, () => {
          this.#awaitLate(sessionId, line, saving)
          return new Error(`It did not answer within ${timeoutMs} ms.`)
        })
        line.failures = 0
        if (line.late > 0) Object.assign(line.writtenSince, changes)
      } catch (cause) {
        this.#options.onError(repositoryFailed(sessionId, 'save', cause))
        this.#keepLast(sessionId, line, changes)
        return
      }
    }
    if (line.late === 0 && this.#lines.get(sessionId) === line) this.#lines.delete(sessionId)
  }

  /** A call that is carried out after its deadline may undo what was written since: that is written once more. */
  #awaitLate(sessionId: string, line: Line, saving: Promise<void>): void {
    line.late += 1
    void saving
      .catch(() => undefined)
      .finally(() => {
        line.late -= 1
        const again = line.writtenSince
        if (line.late === 0) line.writtenSince = {}
        if (this.#lines.get(sessionId) !== line) return
        if (Object.keys(again).length > 0) this.save(sessionId, again)
        else if (line.late === 0 && line.running === null && line.retry === null) this.#lines.delete(sessionId)
      })
  }

  /** What counts is where the session stands in the end. */
  #keepLast(sessionId: string, line: Line, failed: Changes): void {
    const waiting = line.changes.splice(0)
    if (this.#closed || this.#lines.get(sessionId) !== line) return
    line.changes.push(merge([failed, ...waiting]))
    line.retry = setTimeout(() => this.#retry(sessionId, line), Math.min(FIRST_RETRY_MS * 2 ** line.failures, LONGEST_RETRY_MS))
    line.failures += 1
  }

  #retry(sessionId: string, line: Line): void {
    this.#stopRetry(line)
    if (line.failures > 0) line.changes.push(...apartFromMetadata(merge(line.changes.splice(0))))
    if (line.running === null) this.#run(sessionId, line)
  }

  #stopRetry(line: Line): void {
    if (line.retry !== null) clearTimeout(line.retry)
    line.retry = null
  }
}

function merge(changes: readonly Changes[]): Changes {
  return changes.reduce((all, next) => ({ ...all, ...next }), {})
}

/** A repository may refuse what an application keeps with a connection: that must not hold up where the session stands. */
function apartFromMetadata({ metadata, ...others }: Changes): Changes[] {
  return [others, metadata === undefined ? {} : { metadata }].filter((changes) => Object.keys(changes).length > 0)
}

/** A failure of the repository, as an error. */
export function repositoryFailed(sessionId: string | undefined, verb: string, cause: unknown): SessionError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new SessionError(
    'REPOSITORY_FAILED',
    `The connection repository could not ${verb} ${sessionId === undefined ? 'its records' : `session "${sessionId}"`}: ${message}`,
    { sessionId, cause },
  )
}

/** A repository of the application may throw instead of rejecting. */
async function callNow<Result>(call: () => Promise<Result>): Promise<Result> {
  return call()
}
