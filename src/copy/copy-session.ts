import { isSessionError, SessionError } from '../errors.js'
import { CREDS_KEY, type SessionStore, type StoredRecord } from '../store/session-store.js'
import { keyText, readAllRecords } from '../sweep/record-reading.js'
import type { SessionOutcome } from '../sweep/sweep-sessions.js'
import { underLease } from '../sweep/under-lease.js'
import { assertMayReplace, assertReadableCreds, type RecordTexts } from './judge-copy.js'
import { type AssertStillMine, holdingSource } from './hold-source.js'

/** One session to be copied. */
export interface CopyTask {
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
    return underLease(to.lock, sessionId, async ({ fencingToken }) => {
      if (await holdsAlready(task, texts)) return { changed: false, records: records.length }
      task.signal?.throwIfAborted()
      await assertStillMine()
      await to.write(sessionId, records.map(({ type, id, value }) => ({ type, id, value })), { replaceAll: true, fencingToken })
      await verify(task, texts, assertStillMine)
      return { changed: true, records: records.length }
    })
  })
}

function nothingToCopy({ sessionId, isAskedFor }: CopyTask): SessionOutcome {
  if (!isAskedFor) return { changed: false, records: 0 }
  throw new SessionError('NOT_PAIRED', `The source holds nothing of session "${sessionId}". Look at its list for the right id.`, { sessionId })
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
    throw new SessionError('STORE_UNAVAILABLE', `Session "${sessionId}" was written to the target, and came back as something else: the target does not keep what it is given. Do not run it there; the source is as it was.`, { sessionId })
  }
  await assertStillMine()
}

function textsOf(records: readonly StoredRecord[]): RecordTexts {
  return new Map(records.map(record => [keyText(record), record.value]))
}

function areEqual(some: RecordTexts, others: RecordTexts): boolean {
  return some.size === others.size && [...some].every(([key, text]) => others.get(key) === text)
}
