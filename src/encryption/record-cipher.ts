import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { RecordKey } from '../store/session-store.js'
import { type Envelope, formatEnvelope } from './envelope.js'
import type { CipherKey } from './key-ring.js'

/** Where a record belongs. It is authenticated with the record, so that it counts nowhere else. */
export interface RecordPlace extends RecordKey {
  /** The session. */
  sessionId: string
}

const ALGORITHM = 'aes-256-gcm'
const TAG_BYTES = 16
/** What GCM takes as it is. Random, because nothing that could count is shared by all who may write. */
const IV_BYTES = 12

/** Encrypts the text of a record for its place. */
export function sealRecord(key: CipherKey, place: RecordPlace, text: string): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(ALGORITHM, key.secret, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(nameOf(key, place))
  const data = cipher.update(text, 'utf8', 'base64') + cipher.final('base64')
  return formatEnvelope({ keyId: key.id, keyCheck: key.check, iv: iv.toString('base64'), tag: cipher.getAuthTag().toString('base64'), data })
}

/** The text of a record; `null` when it is not what this key has encrypted for this place. */
export function openRecord(key: CipherKey, place: RecordPlace, envelope: Envelope): string | null {
  const [iv, tag] = [Buffer.from(envelope.iv, 'base64'), Buffer.from(envelope.tag, 'base64')]
  if (iv.length !== IV_BYTES || tag.length !== TAG_BYTES) return null
  const decipher = createDecipheriv(ALGORITHM, key.secret, iv, { authTagLength: TAG_BYTES })
  decipher.setAAD(nameOf({ id: envelope.keyId }, place))
  decipher.setAuthTag(tag)
  try {
    return decipher.update(envelope.data, 'base64', 'utf8') + decipher.final('utf8')
  } catch {
    return null
  }
}

/** As JSON, in which no two places have the same text, whatever characters their ids hold. */
function nameOf({ id: keyId }: Pick<CipherKey, 'id'>, { sessionId, type, id }: RecordPlace): Buffer {
  return Buffer.from(JSON.stringify(['baileys-sessions', 1, keyId, sessionId, type, id]))
}
