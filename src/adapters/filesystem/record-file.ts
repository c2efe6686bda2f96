import { type Buffer, isUtf8 } from 'node:buffer'
import { constants } from 'node:fs'
import { basename } from 'node:path'
import { SessionError } from '../../errors.js'
import { errorCode } from '../../system/system-error.js'
import { kindInPlaceOfFile, READ_AT_ONCE } from '../../system/regular-file.js'
import { CREDS_FILE } from './creds-backup.js'
import { closeFile, openFile, readBytes, statFile } from './file-calls.js'
import { storageFailure } from './storage-failure.js'

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
  const bytes = await readFileBytes(path, sessionId)
  if (bytes === null) return null
  if (bytes.length === 0) throw corrupt(path, sessionId, 'it is empty, as a write that was cut off leaves it')
  if (!isUtf8(bytes)) throw corrupt(path, sessionId, 'it is not UTF-8 text')
  return fromFile(bytes.toString())
}

/** What is in a file, or `null` when there is none. Rejects as {@link readRecordFile} does. */
export async function readFileBytes(path: string, sessionId: string): Promise<Buffer | null> {
  try {
    const file = await openFile(path, OPEN_FLAGS)
    try {
      return await readWhole(file, path, sessionId)
    } finally {
      await closeFile(file)
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    if (errorCode(error) === 'ENXIO') throw corrupt(path, sessionId, 'it is a socket', error)
    throw await storageFailure({ verb: 'read', path, sessionId }, error)
  }
}

async function readWhole(file: number, path: string, sessionId: string): Promise<Buffer> {
  // Looked at only after something has shown: a look at each would cost as much as a read.
  const assertFile = async (cause?: unknown): Promise<void> => {
    const kind = kindInPlaceOfFile(await statFile(file))
    if (kind !== null) throw corrupt(path, sessionId, `it is ${kind}`, cause)
  }
  const bytes = await readBytes(file, MAX_RECORD_BYTES).catch(async (error: unknown) => {
    await assertFile(error)
    throw error
  })
  if (bytes !== null && bytes.length > 0) return bytes
  await assertFile()
  if (bytes === null) throw corrupt(path, sessionId, `it is larger than ${MAX_RECORD_BYTES / 1024 / 1024} MiB`)
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
export function corrupt(path: string, sessionId: string, why: string, cause?: unknown): SessionError {
  // Only with its creds a session is lost.
  const otherwise = basename(path) === CREDS_FILE ? ' Only when there is none, delete the session and pair again.' : ''
  return new SessionError('RECORD_CORRUPT', `${path} cannot be a record: ${why}. It was left as it is. Restore it from a backup.${otherwise}`, { sessionId, cause })
}
