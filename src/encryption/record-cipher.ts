import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { RecordChange, RecordKey } from '../store/session-store.js'
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

/** Encrypts the changes of one write, each for its place. */
export function sealChanges(key: CipherKey, sessionId: string, changes: readonly RecordChange[]): RecordChange[] {
  // All of them at once: to ask for chance takes longer than to encrypt.
  const ivs = randomBytes(IV_BYTES * changes.length)
  return changes.map(({ type, id, value }, index) => {
    const iv = ivs.subarray(index * IV_BYTES, (index + 1) * IV_BYTES)
    return { type, id, value: value === null ? null : sealText(key, { sessionId, type, id }, value, iv) }
  })
}

function sealText(key: CipherKey, place: RecordPlace, text: string, iv: Buffer): string {
  const cipher = createCipheriv(ALGORITHM, key.secret, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(nameOf(key, place))
  // GCM has nothing left for the end.
  const data = cipher.update(text, 'utf8')
  cipher.final()
  return formatEnvelope({ keyId: key.id, keyCheck: key.check, iv, tag: cipher.getAuthTag(), data })
}

/** The text of a record; `null` when it is not what this key has encrypted for this place. */
export function openRecord(key: CipherKey, place: RecordPlace, envelope: Envelope): string | null {
  const { iv, tag, data } = envelope
  if (iv.length !== IV_BYTES || tag.length !== TAG_BYTES) return null
  const decipher = createDecipheriv(ALGORITHM, key.secret, iv, { authTagLength: TAG_BYTES })
  decipher.setAAD(nameOf({ id: envelope.keyId }, place))
  decipher.setAuthTag(tag)
  const text = decipher.update(data)
  try {
    decipher.final()
  } catch {
    // Not authentic: nobody may see it.
    return null
  }
  return text.toString('utf8')
}

/** As JSON, in which no two places have the same text, whatever characters their ids hold. */
function nameOf({ id: keyId }: Pick<CipherKey, 'id'>, { sessionId, type, id }: RecordPlace): Buffer {
  return Buffer.from(JSON.stringify(['baileys-sessions', 1, keyId, sessionId, type, id]))
}
