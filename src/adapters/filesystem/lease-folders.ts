import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { mkdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode, SessionError } from '../../errors.js'
import { namesIn, onDisk, removeFile, renameFile, syncFolder, syncPath } from './disk.js'
import { bootMark, isDamaged, type JournalEntry, parseJournal } from './journal-entry.js'
import { readFileBytes } from './record-file.js'

/** The journal in the folder of a lease. */
const JOURNAL_FILE = 'journal'

/** No journal grows beyond it, but by the last entry: values of 64 MiB, escaped. */
const MAX_JOURNAL_BYTES = 512 * 1024 * 1024

const LEASE_FOLDER = /^\.(?<state>lease|sealed)-(?<token>0|[1-9]\d{0,15})(?:-(?<visit>[0-9a-f]{12}))?$/

/**
 * A folder in that of a session, in which one writer has its journal and its temporary files. Who takes over seals it by another name:
 * from then on nothing that this writer appends counts, and nothing that it has prepared finds its way to the records.
 */
export interface LeaseFolder {
  /** Its name. */
  readonly name: string
  /** The fencing token of its writer. */
  readonly token: number
  /** What tells apart those who write without a lease of their own; `null` for the holder. */
  readonly visit: string | null
  /** Whether it was sealed. */
  readonly isSealed: boolean
}

/** The folder of a writer, as long as it is not sealed. */
export function leaseFolder(token: number, visit: string | null): LeaseFolder {
  return { name: nameOf('lease', token, visit), token, visit, isSealed: false }
}

/** What tells apart those who write without a lease of their own. */
export function newVisit(): string {
  return randomBytes(6).toString('hex')
}

/** Whether a name is that of a writer's folder, sealed or not. */
export function isLeaseFolder(name: string): boolean {
  return LEASE_FOLDER.test(name)
}

/** The folders of writers among the names in a session's folder, in the order in which they were written to. */
export function leaseFoldersAmong(names: readonly string[]): LeaseFolder[] {
  const folders = names.flatMap((name) => {
    const { state, token, visit } = LEASE_FOLDER.exec(name)?.groups ?? {}
    return token === undefined ? [] : [{ name, token: Number(token), visit: visit ?? null, isSealed: state === 'sealed' }]
  })
  // Who writes without a lease does so under the token of the last holder, after it.
  return folders.sort((a, b) => a.token - b.token || (a.visit ?? '').localeCompare(b.visit ?? '', 'en'))
}

/** Makes the folder of a writer, for this user alone. One that is there was left by the same writer before it wrote anything. */
export async function makeLeaseFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
}

/** Seals the folder of another writer, and resolves with its name from then on. One that is gone by now needs no seal. */
export async function sealLeaseFolder(sessionFolder: string, { name, token, visit }: LeaseFolder): Promise<string> {
  const sealed = nameOf('sealed', token, visit)
  try {
    await unlessGone(renameFile(join(sessionFolder, name), join(sessionFolder, sealed)))
    return sealed
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(errorCode(error)) || visit !== null) throw error
    // A copy of a session whose tokens began anew: there was one of this number before.
    return sealLeaseFolder(sessionFolder, { name, token, visit: newVisit(), isSealed: false })
  }
}

/** Removes the folder of a writer with everything in it, its journal last. */
export async function removeLeaseFolder(path: string): Promise<void> {
  const names = await namesIn(path)
  for (const name of [...names.filter((other) => other !== JOURNAL_FILE), ...names.filter((other) => other === JOURNAL_FILE)])
    await removeFile(join(path, name))
  await unlessGone(rmdir(path))
}

/**
 * Removes the folder of a writer before by way of one's own: who sleeps here for long must not remove what somebody else is about to
 * fold, who has taken over since.
 */
export async function removeSealed(path: string, ownFolder: string): Promise<void> {
  const taken = join(ownFolder, `taken-${newVisit()}`)
  await unlessGone(renameFile(path, taken))
  await removeLeaseFolder(taken)
}

/** Makes what a writer before has left survive the loss of power, so that a fold of it can be cut off by that. */
export async function syncLeaseFolder(path: string): Promise<void> {
  await unlessGone(syncPath(join(path, JOURNAL_FILE)))
  await unlessGone(syncFolder(path))
}

/** The journal in the folder of a writer. */
export function journalPath(leaseFolderPath: string): string {
  return join(leaseFolderPath, JOURNAL_FILE)
}

/** What the journal in the folder of a writer says. */
export interface JournalContents {
  /** Its entries up to the first that is not whole. */
  readonly entries: readonly JournalEntry[]
  /** Whether it has lost entries that it had promised to keep. */
  readonly isDamaged: boolean
}

/** How often a journal is read that is cut under the eyes of the reader. */
const LOOKS = 100

/**
 * Looks at the journal in the folder of a writer; one that is not there has no entries.
 *
 * @throws SessionError `RECORD_CORRUPT` when it is no file, `STORE_UNAVAILABLE` when it cannot be read.
 */
export async function lookAtJournal(leaseFolderPath: string, sessionId: string): Promise<JournalContents> {
  const parsed = parseJournal(await readUncut(leaseFolderPath, sessionId))
  return { entries: parsed.entries, isDamaged: parsed.stray !== null && isDamaged(parsed, await bootMark()) }
}

/** A writer that cuts its journal while that is read would leave the reader with what it had before, without what came last. */
async function readUncut(leaseFolderPath: string, sessionId: string): Promise<Buffer> {
  const read = async (): Promise<Buffer> => (await readFileBytes(journalPath(leaseFolderPath), sessionId, MAX_JOURNAL_BYTES)) ?? Buffer.alloc(0)
  let bytes = await read()
  for (let looks = 0; looks < LOOKS && bytes.length > 0; looks += 1) {
    const again = await read()
    if (again.equals(bytes)) break
    bytes = again
  }
  return bytes
}

/** The entries of the journal in the folder of a writer. Rejects as {@link lookAtJournal} does, and for one that is damaged. */
export async function readJournal(leaseFolderPath: string, sessionId: string): Promise<readonly JournalEntry[]> {
  const contents = await onDisk({ verb: 'read', path: leaseFolderPath, sessionId }, () => lookAtJournal(leaseFolderPath, sessionId))
  if (!contents.isDamaged) return contents.entries
  const last = contents.entries.at(-1)
  const where = last === undefined ? 'its first entry' : `the entry after number ${last.sequence}`
  throw new SessionError(
    'RECORD_CORRUPT',
    `${journalPath(leaseFolderPath)} is damaged: ${where} is not whole, and others follow it. Nothing was changed. Restore the folder of the session from a backup. Only if you have none, delete the session and link the phone again.`,
    { sessionId },
  )
}

function nameOf(state: 'lease' | 'sealed', token: number, visit: string | null): string {
  return `.${state}-${token}${visit === null ? '' : `-${visit}`}`
}

async function unlessGone(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
}
