import { inspectStoredCreds, type StoredCreds } from '../auth/stored-creds.js'
import { missingKeys, needsKeys } from '../encryption/missing-keys.js'
import { SessionError } from '../errors.js'
import { CREDS_KEY } from '../store/session-store.js'
import { keyText } from '../sweep/record-reading.js'

/** All records of a session: their texts, by the text of their key. */
export type RecordTexts = ReadonlyMap<string, string>

/** Creds that nobody could log in with are no session: a copy that hides this would come out when the source is gone. */
export function assertReadableCreds(sessionId: string, texts: RecordTexts): void {
  if (needsKeys(texts.get(keyText(CREDS_KEY)))) throw missingKeys(sessionId)
  const creds = credsOf(texts)
  if (creds?.kind !== 'corrupt') return
  throw new SessionError('RECORD_CORRUPT', `The saved credentials of session "${sessionId}" cannot be read: ${creds.problem}. Nothing was copied. Restore them from a backup. Only when there is none, delete the session and pair again.`, { sessionId })
}

/** Rejects what would be lost with the records that the target holds, unless nobody can want them. */
export function assertMayReplace(sessionId: string, held: RecordTexts, copied: RecordTexts): void {
  const [there, here] = [credsOf(held), credsOf(copied)]
  if (there === null || there.kind === 'unpaired' || there.kind === 'half_paired') return
  const isSamePhone = there.kind === 'paired' && here?.kind === 'paired' && there.identity === here.identity
  const what = isSamePhone
    ? 'in another state: one of the two was run since they were the same, and going on from the older one costs messages'
    : 'with other credentials'
  throw new SessionError('ALREADY_PAIRED', `The target holds session "${sessionId}" already, ${what}. Nothing was changed. To replace it, delete it there, or copy with overwrite.`, { sessionId })
}

function credsOf(texts: RecordTexts): StoredCreds | null {
  const text = texts.get(keyText(CREDS_KEY))
  return text === undefined ? null : inspectStoredCreds(text)
}
