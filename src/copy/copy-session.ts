import { inspectStoredCreds, type StoredCreds } from '../auth/stored-session.js'
import { missingKeys, needsKeys } from '../encryption/envelope.js'
import { isSessionError, SessionError } from '../errors.js'
import { beingRun, findOwner, type SessionLease, type SessionLock, thenRelease, withLease } from '../lease/session-lock.js'
import { readAllRecords, type SessionOutcome } from '../store/session-batch.js'
import { CREDS_KEY, keyText, type SessionStore, type StoredRecord } from '../store/session-store.js'

/** One session to be copied. */
interface CopyTask {
  from: SessionStore
  to: SessionStore
  sessionId: string
  overwrite: boolean
  /** Whether somebody named it; a session that is merely listed may be an empty folder. */
  isAskedFor: boolean
  signal: AbortSignal | undefined
}

/** Copies one session, under the leases of both stores. */
export function copySession(task: CopyTask): Promise<SessionOutcome> {
  const { from, to, sessionId } = task
  return holdingSource(from.lock, sessionId, async (assertStillMine) => {
    const records = await readAllRecords(from, sessionId, task.signal)
    const texts = textsOf(records)
    // A store is asked for creds also where it lists none: it may know why they are not there.
    if (!texts.has(keyText(CREDS_KEY))) await from.read(sessionId, [CREDS_KEY])
    if (records.length === 0) return nothingToCopy(task)
    assertReadableCreds(sessionId, texts)
    return withLease(to.lock, sessionId, async ({ fencingToken }) => {
      if (await holdsAlready(task, texts)) return { changed: false, records: records.length }
      task.signal?.throwIfAborted()
      await assertStillMine()
      await to.write(
        sessionId,
        records.map(({ type, id, value }) => ({ type, id, value })),
        { replaceAll: true, fencingToken },
      )
      await verify(task, texts, assertStillMine)
      return { changed: true, records: records.length }
    })
  })
}

function nothingToCopy({ sessionId, isAskedFor }: CopyTask): SessionOutcome {
  if (!isAskedFor) return { changed: false, records: 0 }
  throw new SessionError('NOT_PAIRED', `The source has no session "${sessionId}". List its sessions to find the right id.`, { sessionId })
}

/** Whether the target has these records and no others. Rejects when it has something else that must not be lost. */
async function holdsAlready({ to, sessionId, overwrite, signal }: CopyTask, texts: RecordTexts): Promise<boolean> {
  let held: RecordTexts
  try {
    held = textsOf(await readAllRecords(to, sessionId, signal))
  } catch (cause) {
    const isReplaceable = overwrite && (isSessionError(cause, 'RECORD_CORRUPT') || isSessionError(cause, 'WRONG_KEY'))
    if (isReplaceable) return false
    throw cause
  }
  if (areEqual(held, texts)) return true
  if (!overwrite) assertMayReplace(sessionId, held, texts)
  return false
}

async function verify({ to, sessionId }: CopyTask, texts: RecordTexts, assertStillMine: AssertStillMine): Promise<void> {
  // Without the signal: what is written is to be known for good or bad.
  const held = textsOf(await readAllRecords(to, sessionId))
  if (!areEqual(held, texts)) {
    throw new SessionError(
      'STORE_UNAVAILABLE',
      `Session "${sessionId}" was written to the target but read back differently, so the target does not keep what it gets. Do not run the session there. The source did not change.`,
      { sessionId },
    )
  }
  await assertStillMine()
}

function textsOf(records: readonly StoredRecord[]): RecordTexts {
  return new Map(records.map((record) => [keyText(record), record.value]))
}

function areEqual(some: RecordTexts, others: RecordTexts): boolean {
  return some.size === others.size && [...some].every(([key, text]) => others.get(key) === text)
}

/** All records of a session: their texts, by the text of their key. */
type RecordTexts = ReadonlyMap<string, string>

/** Creds that nobody could log in with are no session: a copy that hides this would come out when the source is gone. */
function assertReadableCreds(sessionId: string, texts: RecordTexts): void {
  if (needsKeys(texts.get(keyText(CREDS_KEY)))) throw missingKeys(sessionId)
  const creds = credsOf(texts)
  if (creds?.kind !== 'corrupt') return
  throw new SessionError(
    'RECORD_CORRUPT',
    `The saved credentials of session "${sessionId}" cannot be read: ${creds.problem}. Nothing was copied. Restore them from a backup. Only if you have no backup, delete the session and link the phone again.`,
    { sessionId },
  )
}

/** Rejects what would be lost with the records that the target holds, unless nobody can want them. */
function assertMayReplace(sessionId: string, held: RecordTexts, copied: RecordTexts): void {
  const [there, here] = [credsOf(held), credsOf(copied)]
  if (there === null || there.kind === 'unpaired' || there.kind === 'half_paired') return
  const isSamePhone = there.kind === 'paired' && here?.kind === 'paired' && there.identity === here.identity
  const what = isSamePhone
    ? 'in another state: one of the two has run since they were equal, and if you continue from the older one, you lose messages'
    : 'with other credentials'
  throw new SessionError(
    'ALREADY_PAIRED',
    `The target already has session "${sessionId}", ${what}. Nothing was changed. To replace it, delete it there, or copy with overwrite.`,
    { sessionId },
  )
}

function credsOf(texts: RecordTexts): StoredCreds | null {
  const text = texts.get(keyText(CREDS_KEY))
  return text === undefined ? null : inspectStoredCreds(text)
}

/** Rejects with `OWNED_ELSEWHERE` when somebody else may have changed the source meanwhile. */
type AssertStillMine = () => Promise<void>

/**
 * Works on a source that nobody runs. Where its lock cannot be written, because the disk is read-only or full, nobody can begin to
 * run it there either: then it is enough that nobody does, before and after.
 */
async function holdingSource<Result>(lock: SessionLock, sessionId: string, work: (assertStillMine: AssertStillMine) => Promise<Result>): Promise<Result> {
  const assertFree = async (): Promise<void> => {
    if ((await findOwner(lock, sessionId)) !== null) throw await beingRun(lock, sessionId)
  }
  const lease = await acquireIfPossible(lock, sessionId, assertFree)
  if (lease === 'unneeded') return work(assertFree)
  if (lease === null) throw await beingRun(lock, sessionId)
  return thenRelease(lease, () =>
    work(async () => {
      if (lease.lost.aborted) throw await beingRun(lock, sessionId)
    }),
  )
}

async function acquireIfPossible(lock: SessionLock, sessionId: string, assertFree: () => Promise<void>): Promise<SessionLease | null | 'unneeded'> {
  try {
    return await lock.acquire(sessionId)
  } catch (cause) {
    if (!isSessionError(cause, 'STORE_UNAVAILABLE')) throw cause
    await assertFree()
    return 'unneeded'
  }
}
