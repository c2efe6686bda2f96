import { SessionError } from '../errors.js'
import type { RecordKey } from '../store/session-store.js'
import type { RecordPlace } from './record-cipher.js'

const describeRecord = ({ sessionId, type, id }: RecordPlace): string => `The record ${type}${id === '' ? '' : ` ${JSON.stringify(id)}`} of session "${sessionId}"`

/** It is no envelope that the key has made for this record. */
export function alteredRecord(place: RecordPlace): SessionError {
  // Only with its creds a session is lost.
  const otherwise = place.type === 'creds' ? ' Only when there is none, delete the session and pair again.' : ''
  return new SessionError('RECORD_CORRUPT',
    `${describeRecord(place)} was altered, cut off, or put in the place of another one: its key does not vouch for it. It was left as it is. Restore it from a backup.${otherwise}`, place)
}

/** It was never encrypted. */
export function plainRecord(place: RecordPlace): SessionError {
  return new SessionError('RECORD_CORRUPT',
    `${describeRecord(place)} is not encrypted, in a store that is. It was left as it is. If it is yours, encrypt it with the command "baileys-sessions encrypt" and --allow-plain, or with encryptRecords() and allowPlain; the option allowPlain also reads such records meanwhile.`, place)
}

/** More would make a message that nobody reads. */
const MOST_NAMES = 10

/** Records of a session were never encrypted, and nobody has said that they may be. */
export function plainRecords(sessionId: string, keys: readonly RecordKey[]): SessionError {
  // What a session begins with comes first: whoever slips something in slips in an account.
  const names = [...keys].sort((a, b) => Number(a.id !== '') - Number(b.id !== '')).map(({ type, id }) => id === '' ? type : `${type} ${JSON.stringify(id)}`)
  const more = names.length > MOST_NAMES ? `, and ${names.length - MOST_NAMES} more` : ''
  const what = keys.length === 1 ? '1 record that is' : `${keys.length} records that are`
  return new SessionError('RECORD_CORRUPT',
    `Session "${sessionId}" has ${what} not encrypted: ${names.slice(0, MOST_NAMES).join(', ')}${more}. Nobody can tell who wrote them, so they were left as they are. If they are yours, encrypt them with allowPlain, or on the command line with --allow-plain.`, { sessionId })
}

/** Another version has written it. */
export function newerRecord(place: RecordPlace): SessionError {
  return new SessionError('RECORD_CORRUPT', `${describeRecord(place)} was encrypted by a later version of baileys-sessions, in a form that this one does not know. It was left as it is. Update the package.`, place)
}

/** Its key is not there. */
export function unknownKey(place: RecordPlace, keyId: string): SessionError {
  return new SessionError('WRONG_KEY', `${describeRecord(place)} is encrypted with the key ${JSON.stringify(keyId)}, which is not among the keys. Nothing was changed. Give that key, too, under this id.`, place)
}

/** There is another key in its place. */
export function differentKey(place: RecordPlace, keyId: string): SessionError {
  return new SessionError('WRONG_KEY',
    `${describeRecord(place)} is encrypted with another key than the one given as ${JSON.stringify(keyId)}. Nothing was changed. Give the key that it was encrypted with; of a passphrase, the same passphrase and salt.`, place)
}
