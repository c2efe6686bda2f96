import { withSignal } from '../async/deadline.js'
import { callGuarded } from '../async/safe-emitter.js'
import { isSessionError, SessionError } from '../errors.js'
import type { RecordKey, SessionStore, StoredRecord } from './session-store.js'
import { asStoreError } from './store-failure.js'

/** How many records are read at once: enough to be fast, few enough to be called off in between. */
const RECORDS_AT_ONCE = 200

/** How far a copy or an encryption has come. */
export interface SessionProgress {
  /** The latest session, successful or not. */
  sessionId: string
  /** How many sessions are done. */
  done: number
  /** How many there are. */
  total: number
  /** How many records of this session were processed. */
  records: number
}

/** A session that failed. */
export interface SessionFailure {
  /** The session. */
  sessionId: string
  /** Why: `OWNED_ELSEWHERE` if it is running, `ABORTED` if the signal came first; otherwise what a store reported. */
  error: SessionError
}

/** What a walk is asked for. */
export interface BatchOptions {
  /** The sessions; by default, all that the store lists. */
  sessions?: Iterable<string> | undefined
  /** Called after each session. */
  onProgress?: ((progress: SessionProgress) => void) | undefined
  /** Calls it off. */
  signal?: AbortSignal | undefined
}

/** What became of one session. */
export interface SessionOutcome {
  /** Whether anything was written. */
  changed: boolean
  /** How many records were dealt with. */
  records: number
  /** What could not be done, though the rest was. */
  error?: SessionError | undefined
}

/** What became of all of them: each is in one of the lists. */
interface BatchReport {
  /** Written. */
  changed: string[]
  /** Nothing had to be done. */
  unchanged: string[]
  /** Not done. */
  failed: SessionFailure[]
  /** What `onProgress` threw first. */
  progressError: SessionError | undefined
}

/** Does the sessions of a store one after the other: what one of them fails with holds up no other. Rejects only when they cannot be listed. */
export async function runBatch(store: SessionStore, options: BatchOptions, work: (sessionId: string) => Promise<SessionOutcome>): Promise<BatchReport> {
  const sessionIds = await sessionsOf(store, options)
  const report: BatchReport = { changed: [], unchanged: [], failed: [], progressError: undefined }
  let done = 0
  for (const sessionId of sessionIds) {
    const { changed, records, error } = await outcomeOf(sessionId, work, options.signal)
    if (error !== undefined) report.failed.push({ sessionId, error })
    else if (changed) report.changed.push(sessionId)
    else report.unchanged.push(sessionId)
    done += 1
    // Nobody counts what was not even begun.
    if (options.signal?.aborted !== true) tell(options, { sessionId, done, total: sessionIds.length, records }, report)
  }
  return report
}

async function sessionsOf(store: SessionStore, { sessions }: BatchOptions): Promise<string[]> {
  // A text is a list, too, of its characters.
  if (typeof sessions === 'string') throw new TypeError('Option "sessions" must be an array of session ids, not a string. Write [sessionId].')
  if (sessions !== undefined) return [...new Set(sessions)].map(requireText)
  try {
    const listed = new Set<string>()
    for await (const sessionId of store.list()) listed.add(sessionId)
    return [...listed]
  } catch (cause) {
    throw asStoreError(undefined, cause)
  }
}

function requireText(sessionId: unknown): string {
  if (typeof sessionId !== 'string') throw new TypeError(`Option "sessions" must contain session ids, which are strings, but contains a ${typeof sessionId}.`)
  return sessionId
}

async function outcomeOf(sessionId: string, work: (sessionId: string) => Promise<SessionOutcome>, signal: AbortSignal | undefined): Promise<SessionOutcome> {
  try {
    signal?.throwIfAborted()
    return await work(sessionId)
  } catch (cause) {
    const isCalledOff = signal?.aborted === true && !isSessionError(cause)
    return { changed: false, records: 0, error: isCalledOff ? calledOff(sessionId, cause) : asStoreError(sessionId, cause) }
  }
}

function calledOff(sessionId: string, cause: unknown): SessionError {
  return new SessionError('ABORTED', `Session "${sessionId}" was skipped, because the signal aborted first. Run it again to continue.`, { sessionId, cause })
}

function tell({ onProgress }: BatchOptions, progress: SessionProgress, report: BatchReport): void {
  if (onProgress === undefined) return
  callGuarded(
    () => onProgress(progress),
    (cause) => {
      report.progressError ??= new SessionError('LISTENER_FAILED', '"onProgress" threw, and the work continued without it. See the cause.', {
        sessionId: progress.sessionId,
        cause,
      })
    },
  )
}

/** The keys of a session's records, so many at a time. */
export async function* keyBatches(store: SessionStore, sessionId: string, signal: AbortSignal | undefined): AsyncIterable<RecordKey[]> {
  const keys: RecordKey[] = []
  // All of them first: what is written meanwhile must not change what is walked through.
  for await (const key of store.records(sessionId)) keys.push(key)
  for (let start = 0; start < keys.length; start += RECORDS_AT_ONCE) {
    signal?.throwIfAborted()
    yield keys.slice(start, start + RECORDS_AT_ONCE)
  }
}

/** Every record of a session. Rejects when one of them cannot be read. */
export async function readAllRecords(store: SessionStore, sessionId: string, signal?: AbortSignal): Promise<StoredRecord[]> {
  const all: StoredRecord[] = []
  for await (const keys of keyBatches(store, sessionId, signal)) {
    const records = await withSignal(store.read(sessionId, keys), signal)
    if (records.length !== keys.length) throw changedMeanwhile(sessionId)
    all.push(...records)
  }
  return all
}

function changedMeanwhile(sessionId: string): SessionError {
  return new SessionError(
    'STORE_UNAVAILABLE',
    `Session "${sessionId}" lists records that no longer exist, so something is changing it. Stop what writes to it, and try again.`,
    { sessionId },
  )
}
