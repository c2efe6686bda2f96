import { SessionError } from '../errors.js'
import { parseObject } from '../store/read-answer.js'

/** An encrypted record, taken apart. */
export interface Envelope {
  /** Under which id its key goes. */
  readonly keyId: string
  /** Tells its key from another one under the same id. */
  readonly keyCheck: string
  /** 12 bytes, new with each write. */
  readonly iv: Buffer
  /** 16 bytes: nobody without the key can make the right ones. */
  readonly tag: Buffer
  /** What was encrypted. */
  readonly data: Buffer
}

/** What a stored text is. */
export type StoredText =
  { readonly kind: 'sealed'; readonly envelope: Envelope } | { readonly kind: 'damaged' } | { readonly kind: 'newer' } | { readonly kind: 'plain' }

const VERSION = 1
const START = '{"encrypted":'
const LATER_FIELD = '"keyCheck":"'

/** The text of an envelope: one line of JSON, so that a record that is JSON stays JSON. Bytes are base64. */
export function formatEnvelope({ keyId, keyCheck, iv, tag, data }: Envelope): string {
  return `${START}${VERSION},"keyId":${JSON.stringify(keyId)},${LATER_FIELD}${keyCheck}","iv":"${iv.toString('base64')}","tag":"${tag.toString('base64')}","data":"${data.toString('base64')}"}`
}

/** Says what a stored text is. One that differs in any way from what {@link formatEnvelope} makes is no envelope. */
export function readStoredText(text: string): StoredText {
  if (!looksSealed(text)) return { kind: 'plain' }
  const fields = parseObject(text)
  if (fields === null) return { kind: 'damaged' }
  const version = fields['encrypted']
  if (typeof version === 'number' && version > VERSION) return { kind: 'newer' }
  const { keyId, keyCheck, iv, tag, data }: Partial<Record<keyof Envelope, unknown>> = fields
  if (typeof keyId !== 'string' || typeof keyCheck !== 'string' || typeof iv !== 'string' || typeof tag !== 'string' || typeof data !== 'string')
    return { kind: 'damaged' }
  const envelope: Envelope = { keyId, keyCheck, iv: Buffer.from(iv, 'base64'), tag: Buffer.from(tag, 'base64'), data: Buffer.from(data, 'base64') }
  // Parsers pass over what does not belong in JSON or base64; two texts for the same record would let a change go unseen.
  return formatEnvelope(envelope) === text ? { kind: 'sealed', envelope } : { kind: 'damaged' }
}

/** An envelope that was cut or altered must not pass for a plain record: its start may be missing, or what follows. */
function looksSealed(text: string): boolean {
  return text.startsWith(START) || (text !== '' && START.startsWith(text)) || text.includes(LATER_FIELD)
}

/** Whether a text is an encrypted record: whoever reads one as it is has not got the keys. */
export function needsKeys(text: string | undefined): boolean {
  return text !== undefined && ['sealed', 'newer'].includes(readStoredText(text).kind)
}

/** Records are encrypted, and were read without keys. */
export function missingKeys(sessionId: string): SessionError {
  return new SessionError(
    'WRONG_KEY',
    `Session "${sessionId}" is encrypted, but you gave no keys. Nothing was changed. Wrap the store in encrypted() with its keys.`,
    { sessionId },
  )
}
