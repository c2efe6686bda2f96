import { createHash } from 'node:crypto'
import type { RecordKey } from '../../store/session-store.js'

/** The types whose file names can be read back with certainty, longest first: `sender-key-memory` before `sender-key`. */
const KNOWN_TYPES = [
  'app-state-sync-key', 'app-state-sync-version', 'contacts-tc-token', 'device-list', 'identity-key', 'lid-mapping',
  'pre-key', 'sender-key-memory', 'sender-key', 'session', 'tctoken',
].sort((a, b) => b.length - a.length)

/** Ids of these types hold what stock file names replace; the ids of the others never do. */
const RESTORE_ID: Readonly<Record<string, (id: string) => string>> = Object.freeze({
  'sender-key': (id: string) => id.replaceAll('--', '::'),
  'app-state-sync-key': (id: string) => id.replaceAll('__', '/'),
})

/** Records that have a file of their own instead of `<type>-<id>.json`. */
const SINGLE_RECORDS: readonly string[] = ['creds', 'lifecycle']

/** Names that every operating system takes. A leading dot is for temporary files, a leading `~` for escaped names. */
const PORTABLE_NAME = /^(?![.~ ])(?:(?![/\\:*?"<>|])[\x20-\x7e]){1,255}$/

const ESCAPED_NAME = /^~[0-9a-f]{40}\.json$/

/** Which record a file name speaks of, judged by the name alone. */
export interface NamedRecord {
  /** The record. */
  key: RecordKey
  /** Whether no other record that Baileys makes has this stock name. */
  isCertain: boolean
}

/** Whether a record has a file name of its own that no other record can have. */
export function isSingleRecord({ type, id }: RecordKey): boolean {
  return id === '' && SINGLE_RECORDS.includes(type)
}

/** The name that `useMultiFileAuthState` gives a record; several records can have the same. */
export function stockFileName(key: RecordKey): string {
  const name = isSingleRecord(key) ? key.type : `${key.type}-${key.id}`
  return `${name.replaceAll('/', '__').replaceAll(':', '-')}.json`
}

/** Whether a stock name can be used as it is. */
export function isPortable(fileName: string): boolean {
  return PORTABLE_NAME.test(fileName)
}

/** Whether this store could have given a record this name. */
export function isRecordFileName(fileName: unknown): fileName is string {
  return typeof fileName === 'string' && (isPortable(fileName) || ESCAPED_NAME.test(fileName))
}

/** Whether a file has the name of a record, of whatever type. */
export function hasRecordName(fileName: string): boolean {
  return ESCAPED_NAME.test(fileName) || recordOfFileName(fileName) !== null
}

/** The name of a record that cannot have its stock name. The side file tells whose it is. */
export function escapedFileName({ type, id }: RecordKey): string {
  return `~${createHash('sha256').update(JSON.stringify([type, id])).digest('hex').slice(0, 40)}.json`
}

/** The record that a stock file name speaks of, or `null` when it is no record's. */
export function recordOfFileName(fileName: string): NamedRecord | null {
  if (!fileName.endsWith('.json') || !isPortable(fileName)) return null
  const name = fileName.slice(0, -'.json'.length)
  const named = SINGLE_RECORDS.includes(name) ? { key: { type: name, id: '' }, isCertain: true } : splitName(name)
  return named !== null && stockFileName(named.key) === fileName ? named : null
}

function splitName(name: string): NamedRecord | null {
  const known = KNOWN_TYPES.find(type => name.startsWith(`${type}-`))
  if (known !== undefined) {
    const id = name.slice(known.length + 1)
    return { key: { type: known, id: RESTORE_ID[known]?.(id) ?? id }, isCertain: true }
  }
  // A guess, for files that stock code wrote: new types have had dashes, ids rarely.
  const dash = name.lastIndexOf('-')
  return dash < 0 ? null : { key: { type: name.slice(0, dash), id: name.slice(dash + 1) }, isCertain: false }
}
