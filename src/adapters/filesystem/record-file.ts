import { type Buffer, isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { basename } from 'node:path'
import { errorCode, SessionError } from '../../errors.js'
import { kindInPlaceOfFile, READ_AT_ONCE } from '../../regular-file.js'
import type { RecordKey } from '../../store/session-store.js'
import { closeFile, openFile, readBytes, statFile, storageFailure } from './disk.js'

/** The file of a session's creds. */
export const CREDS_FILE = 'creds.json'

/** A copy of the creds as this store brought them into their file last. */
export const BACKUP_FILE = '.creds.backup.json'

/** The types whose file names can be read back with certainty, longest first: `sender-key-memory` before `sender-key`. */
const KNOWN_TYPES = [
  'app-state-sync-key',
  'app-state-sync-version',
  'contacts-tc-token',
  'device-list',
  'identity-key',
  'lid-mapping',
  'pre-key',
  'sender-key-memory',
  'sender-key',
  'session',
  'tctoken',
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

/** A record must be a file itself, no link to one. Windows knows no such flag. */
const OPEN_FLAGS = process.platform === 'win32' ? READ_AT_ONCE : READ_AT_ONCE | constants.O_NOFOLLOW

/** The largest record, in bytes. Those of Baileys stay below one megabyte. */
export const MAX_RECORD_BYTES: number = 64 * 1024 * 1024

/**
 * The text of a record's file, or `null` when there is none.
 *
 * @throws SessionError `RECORD_CORRUPT` when it cannot be a record, `STORE_UNAVAILABLE` when it could not be read.
 */
export async function readRecordFile(path: string, sessionId: string): Promise<string | null> {
  const bytes = await readFileBytes(path, sessionId, MAX_RECORD_BYTES)
  if (bytes === null) return null
  if (bytes.length === 0) throw corrupt(path, sessionId, 'it is empty, probably because a write was cut off')
  if (!isUtf8(bytes)) throw corrupt(path, sessionId, 'it is not UTF-8 text')
  return fromFile(bytes.toString())
}

/** What is in a file, or `null` when there is none. Rejects as {@link readRecordFile} does. */
export async function readFileBytes(path: string, sessionId: string | undefined, maxBytes: number): Promise<Buffer | null> {
  try {
    const file = await openFile(path, OPEN_FLAGS)
    try {
      return await readWhole(file, { path, sessionId, maxBytes })
    } finally {
      await closeFile(file)
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    if (errorCode(error) === 'ENXIO') throw corrupt(path, sessionId, 'it is a socket', error)
    throw await storageFailure({ verb: 'read', path, sessionId }, error)
  }
}

async function readWhole(file: number, { path, sessionId, maxBytes }: { path: string; sessionId: string | undefined; maxBytes: number }): Promise<Buffer> {
  // Looked at only after something has shown: a look at each would cost as much as a read.
  const assertFile = async (cause?: unknown): Promise<void> => {
    const kind = kindInPlaceOfFile(await statFile(file))
    if (kind !== null) throw corrupt(path, sessionId, `it is ${kind}`, cause)
  }
  const bytes = await readBytes(file, maxBytes).catch(async (error: unknown) => {
    await assertFile(error)
    throw error
  })
  if (bytes !== null && bytes.length > 0) return bytes
  await assertFile()
  if (bytes === null) throw corrupt(path, sessionId, `it is larger than ${maxBytes / 1024 / 1024} MiB`)
  return bytes
}

// An empty file must read as corrupt, so an empty text needs another form: texts of nothing but line ends get one more.
const ONLY_LINE_ENDS = /^\n*$/

/** A value as it stands in its file. */
export function toFile(value: string): string {
  return ONLY_LINE_ENDS.test(value) ? `${value}\n` : value
}

function fromFile(text: string): string {
  return ONLY_LINE_ENDS.test(text) ? text.slice(1) : text
}

/** `RECORD_CORRUPT`, for a file that was left as it is. */
export function corrupt(path: string, sessionId: string | undefined, why: string, cause?: unknown): SessionError {
  // Only with its creds a session is lost.
  const otherwise = basename(path) === CREDS_FILE ? ' Only if you have no backup, delete the session and link the phone again.' : ''
  return new SessionError('RECORD_CORRUPT', `${path} is not a readable record: ${why}. Nothing was changed. Restore it from a backup.${otherwise}`, {
    sessionId,
    cause,
  })
}

/** Which record a file name speaks of, judged by the name alone. */
interface NamedRecord {
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
  return `~${createHash('sha256')
    .update(JSON.stringify([type, id]))
    .digest('hex')
    .slice(0, 40)}.json`
}

/** The record that a stock file name speaks of, or `null` when it is no record's. */
export function recordOfFileName(fileName: string): NamedRecord | null {
  if (!fileName.endsWith('.json') || !isPortable(fileName)) return null
  const name = fileName.slice(0, -'.json'.length)
  const named = SINGLE_RECORDS.includes(name) ? { key: { type: name, id: '' }, isCertain: true } : splitName(name)
  return named !== null && stockFileName(named.key) === fileName ? named : null
}

function splitName(name: string): NamedRecord | null {
  const known = KNOWN_TYPES.find((type) => name.startsWith(`${type}-`))
  if (known !== undefined) {
    const id = name.slice(known.length + 1)
    return { key: { type: known, id: RESTORE_ID[known]?.(id) ?? id }, isCertain: true }
  }
  // A guess, for files that stock code wrote: new types have had dashes, ids rarely.
  const dash = name.lastIndexOf('-')
  return dash < 0 ? null : { key: { type: name.slice(0, dash), id: name.slice(dash + 1) }, isCertain: false }
}
