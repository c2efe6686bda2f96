import { createHash } from 'node:crypto'
import { withDeadline } from '../async/deadline.js'
import { missingKeys, needsKeys } from '../encryption/envelope.js'
import { SessionError } from '../errors.js'
import { isObject, parseObject, requireRecords } from '../store/read-answer.js'
import { CREDS_KEY, LIFECYCLE_KEY, type SessionStore, type StoredRecord } from '../store/session-store.js'
import { asStoreError, storeTimeout } from '../store/store-failure.js'
import { decodeLifecycle, freshLifecycle, type Lifecycle } from './lifecycle-record.js'

const KEY_LENGTHS: ReadonlySet<number> = new Set([32, 33])

/** What a store holds of a session, or why nobody can tell. */
export type StoredSession =
  /** `isPairingBegun`: a pairing was begun since the credentials were there last. */
  | { readonly kind: 'absent'; readonly lifecycle: Lifecycle; readonly isPairingBegun: boolean }
  | {
      readonly kind: 'readable'
      readonly creds: Exclude<StoredCreds, { kind: 'corrupt' }>
      readonly text: string
      readonly lifecycle: Lifecycle
      readonly isBackup: boolean
    }
  | { readonly kind: 'corrupt'; readonly error: SessionError }
  | { readonly kind: 'wrong-key'; readonly error: SessionError }
  | { readonly kind: 'legacy'; readonly error: SessionError }
  | { readonly kind: 'unavailable'; readonly error: SessionError }

/**
 * Reads creds and lifecycle of one session in one call, and says what they amount to. Rejects only with `INVALID_SESSION_ID`, when the
 * store cannot keep this id: that is for the caller to mend.
 */
export async function readStoredSession(store: SessionStore, sessionId: string, timeoutMs: number): Promise<StoredSession> {
  try {
    const records = await withDeadline(store.read(sessionId, [CREDS_KEY, LIFECYCLE_KEY]), timeoutMs, () => storeTimeout(sessionId, 'read', timeoutMs))
    return judge(sessionId, requireRecords(records))
  } catch (cause) {
    return explainFailure(sessionId, cause)
  }
}

function explainFailure(sessionId: string, cause: unknown): StoredSession {
  const error = asStoreError(sessionId, cause)
  if (error.code === 'INVALID_SESSION_ID') throw error
  if (error.code === 'RECORD_CORRUPT') return { kind: 'corrupt', error }
  if (error.code === 'WRONG_KEY') return { kind: 'wrong-key', error }
  if (error.code === 'LEGACY_SESSION') return { kind: 'legacy', error }
  return { kind: 'unavailable', error }
}

function judge(sessionId: string, records: readonly StoredRecord[]): StoredSession {
  const text = valueOf(records, CREDS_KEY.type)
  const isBackup = records.some(({ type, restoredFrom }) => type === CREDS_KEY.type && restoredFrom !== undefined)
  const lifecycle = valueOf(records, LIFECYCLE_KEY.type)
  if (needsKeys(text) || needsKeys(lifecycle)) return { kind: 'wrong-key', error: missingKeys(sessionId) }
  const remembered = lifecycle === undefined ? null : decodeLifecycle(lifecycle)
  // A start that finds no credentials leaves a record of no identity before it shows a QR code.
  if (text === undefined) return { kind: 'absent', lifecycle: remembered ?? freshLifecycle(null), isPairingBegun: remembered?.identity === null }
  const creds = inspectStoredCreds(text)
  if (creds.kind === 'corrupt') {
    return {
      kind: 'corrupt',
      error: new SessionError(
        'RECORD_CORRUPT',
        `The saved credentials of session "${sessionId}" cannot be read: ${creds.problem}. Nothing was changed. Restore them from a backup. Only if you have no backup, delete the session and link the phone again.`,
        { sessionId },
      ),
    }
  }
  return { kind: 'readable', creds, text, lifecycle: lifecycleOf(remembered, creds.identity), isBackup }
}

/** What is remembered counts only for the identity it speaks of: somebody may have paired again with stock Baileys. */
function lifecycleOf(remembered: Lifecycle | null, identity: string): Lifecycle {
  return remembered !== null && remembered.identity === identity ? remembered : freshLifecycle(identity)
}

function valueOf(records: readonly StoredRecord[], type: string): string | undefined {
  return records.find((record) => record.type === type && record.id === '')?.value
}

/** What stored credentials amount to, read without Baileys. */
export type StoredCreds =
  | { readonly kind: 'paired'; readonly phoneNumber: string; readonly identity: string }
  | { readonly kind: 'half_paired'; readonly identity: string }
  | { readonly kind: 'unpaired'; readonly identity: string }
  | { readonly kind: 'corrupt'; readonly problem: string }

/**
 * Judges the text of a creds record. Paired means that `account` is there and `me.id` has a device part: `registered` is only
 * ever set by the pairing code, and asking for such a code sets `me` before anything is paired (Baileys 7.0.0-rc14,
 * `requestPairingCode` and `configureSuccessfulPairing`).
 */
export function inspectStoredCreds(text: string): StoredCreds {
  const creds = parseObject(text)
  if (creds === null) return corrupt(text.trim() === '' ? 'it is empty' : 'it is not a complete JSON object')
  const missing = findMissing(creds)
  if (missing !== null) return corrupt(`${missing} is missing or malformed`)
  const identity = hashIdentity(readKey(creds['noiseKey'], 'public'))
  const me = isObject(creds['me']) && typeof creds['me']['id'] === 'string' ? creds['me']['id'] : null
  const account = isObject(creds['account'])
  const phoneNumber = me === null ? undefined : /^(\d+):\d+@/.exec(me)?.[1]
  if (account && phoneNumber !== undefined) return { kind: 'paired', phoneNumber, identity }
  return { kind: me === null && !account ? 'unpaired' : 'half_paired', identity }
}

/** The phone number of a linked device's `me.id`: digits only; `undefined` when it is not one. */
export function phoneNumberOf(meId: string | undefined): string | undefined {
  return meId === undefined ? undefined : /^(\d+)(?::\d+)?@/.exec(meId)?.[1]
}

/** Names an identity by its noise public key, without telling the key. */
export function hashIdentity(noisePublicKey: Uint8Array | null): string {
  return createHash('sha256')
    .update(noisePublicKey ?? new Uint8Array())
    .digest('hex')
    .slice(0, 32)
}

function corrupt(problem: string): StoredCreds {
  return { kind: 'corrupt', problem }
}

function findMissing(creds: Record<string, unknown>): string | null {
  for (const name of ['noiseKey', 'signedIdentityKey']) {
    if (readKey(creds[name], 'public') === null || readKey(creds[name], 'private') === null) return name
  }
  const signedPreKey = creds['signedPreKey']
  const hasPreKey = isObject(signedPreKey) && readKey(signedPreKey['keyPair'], 'public') !== null && readKey(signedPreKey['keyPair'], 'private') !== null
  if (!hasPreKey) return 'signedPreKey'
  if (typeof creds['registrationId'] !== 'number') return 'registrationId'
  return typeof creds['advSecretKey'] === 'string' ? null : 'advSecretKey'
}

/** A key as `BufferJSON` writes it: `{ type: 'Buffer', data }` with base64 text, or bytes in files of older versions. */
function readKey(pair: unknown, part: 'public' | 'private'): Uint8Array | null {
  const value = isObject(pair) ? pair[part] : undefined
  if (!isObject(value) || value['type'] !== 'Buffer') return null
  const data = value['data']
  const bytes = typeof data === 'string' ? Buffer.from(data, 'base64') : readBytes(data)
  return bytes !== null && KEY_LENGTHS.has(bytes.length) ? bytes : null
}

function readBytes(data: unknown): Uint8Array | null {
  return Array.isArray(data) && data.every((byte): byte is number => typeof byte === 'number') ? Uint8Array.from(data) : null
}
