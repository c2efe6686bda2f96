import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode, isSessionError, type SessionError } from '../../errors.js'
import { keyText, type RecordKey } from '../../store/session-store.js'
import { namesIn } from './disk.js'
import {
  corrupt,
  escapedFileName,
  hasRecordName,
  isPortable,
  isRecordFileName,
  isSingleRecord,
  readRecordFile,
  recordOfFileName,
  stockFileName,
} from './record-file.js'

/** What a session's folder holds, as far as choosing names needs it. */
export interface FolderView {
  /** Whether a file is there, or is about to be. */
  holds(fileName: string): Promise<boolean>
  /** Whether there is, or is about to be, another name that this disk takes for the same. */
  holdsTwin(fileName: string): Promise<boolean>
}

/**
 * Which file holds which record of one session: the stock name, unless it belongs to another record. What the name
 * alone does not tell stands in a table, which is stored beside the records.
 */
export class RecordNames {
  readonly #keys = new Map<string, RecordKey>()
  readonly #files = new Map<string, string>()
  readonly #damage: SessionError | null
  #isChanged = false

  /** Takes the table as it was stored, or why it cannot be read. */
  constructor(entries: Iterable<readonly [fileName: string, key: RecordKey]> = [], damage: SessionError | null = null) {
    for (const [fileName, key] of entries) this.#enter(fileName, key)
    this.#damage = damage
    this.#isChanged = false
  }

  /** Names of their own, to be changed. */
  copy(): RecordNames {
    const names = this.asStored()
    names.#isChanged = this.#isChanged
    return names
  }

  /** The same once the table is stored. */
  asStored(): RecordNames {
    return new RecordNames(this.entries(), this.#damage)
  }

  /** The same where another table is stored. */
  asChanged(): RecordNames {
    const names = this.asStored()
    names.#isChanged = true
    return names
  }

  /** The same for a write after which nothing else is there: it needs no table that can be read, and stores a whole one. */
  copyForReplacement(): RecordNames {
    const names = new RecordNames(this.entries())
    names.#isChanged = this.isDamaged || this.#isChanged
    return names
  }

  /** Whether the table could not be read. Then only names that tell for certain whose they are can be used. */
  get isDamaged(): boolean {
    return this.#damage !== null
  }

  /** Whether the table differs from the stored one. */
  get isChanged(): boolean {
    return this.#isChanged
  }

  /** The table, to be stored. */
  entries(): [fileName: string, key: RecordKey][] {
    return [...this.#keys]
  }

  /** Whether the table speaks of a file. */
  has(fileName: string): boolean {
    return this.#keys.has(fileName)
  }

  /** The record that a file holds, or `null` when it holds none. Throws when only the table could tell, and cannot be read. */
  recordOf(fileName: string): RecordKey | null {
    if (this.#damage !== null && hasRecordName(fileName) && recordOfFileName(fileName)?.isCertain !== true) throw this.#damage
    return this.#keys.get(fileName) ?? recordOfFileName(fileName)?.key ?? null
  }

  /** The file to look for a record in, or `null` when it cannot be there. Throws when only the table could tell, and cannot be read. */
  fileOf(key: RecordKey): string | null {
    if (this.isDamaged && !isPortable(stockFileName(key))) return escapedFileName(key)
    this.assertTold(key)
    const fileName = this.#files.get(keyText(key))
    if (fileName !== undefined) return fileName
    const stock = stockFileName(key)
    if (!isPortable(stock) || this.#keys.has(stock)) return null
    const named = recordOfFileName(stock)
    // Stock code wrote it and its type is unknown here: it belongs to whoever asks by its name.
    if (named?.isCertain !== true) return stock
    return isSame(named.key, key) ? stock : null
  }

  /** The file to write a record to. Enters it into the table when the name alone does not tell whose it is; throws when that cannot be read. */
  async claim(key: RecordKey, folder: FolderView): Promise<string> {
    this.assertTold(key)
    const known = this.#files.get(keyText(key))
    if (known !== undefined) return known
    const stock = stockFileName(key)
    if (isSingleRecord(key)) return stock
    const named = recordOfFileName(stock)
    const isOwn = named?.isCertain === true && isSame(named.key, key)
    const fileName = (await this.#isFree(stock, isOwn, folder)) ? stock : escapedFileName(key)
    if (fileName !== stock || !isOwn) this.#enter(fileName, key)
    return fileName
  }

  async #isFree(stock: string, isOwn: boolean, folder: FolderView): Promise<boolean> {
    if (!isPortable(stock) || this.#keys.has(stock) || (await folder.holdsTwin(stock))) return false
    // A file of an unknown type without an entry is stock code's: the first to write it takes it over.
    return isOwn || recordOfFileName(stock)?.isCertain !== true || !(await folder.holds(stock))
  }

  /** Throws unless a record could be written: when only the table could tell where to, and cannot be read. */
  assertTold(key: RecordKey): void {
    if (this.#damage === null || isSingleRecord(key)) return
    const named = recordOfFileName(stockFileName(key))
    if (named?.isCertain !== true || !isSame(named.key, key)) throw this.#damage
  }

  /** Forgets a file that is gone. */
  drop(fileName: string): void {
    const key = this.#keys.get(fileName)
    if (key === undefined) return
    this.#keys.delete(fileName)
    this.#files.delete(keyText(key))
    this.#isChanged = true
  }

  #enter(fileName: string, key: RecordKey): void {
    this.#keys.set(fileName, key)
    this.#files.set(keyText(key), fileName)
    this.#isChanged = true
  }
}

function isSame(a: RecordKey, b: RecordKey): boolean {
  return a.type === b.type && a.id === b.id
}

/** The table of the names that do not tell whose they are: `[[fileName, type, id], …]`. */
export const NAMES_FILE = '.names.json'

/** One row of the table. */
export type NameRow = [fileName: string, type: string, id: string]

/** Reads the table of a session's folder; most have none. One that is damaged leaves the names that need none. */
export async function readRecordNames(folder: string, sessionId: string): Promise<RecordNames> {
  const path = join(folder, NAMES_FILE)
  try {
    const text = await readRecordFile(path, sessionId)
    if (text === null) return new RecordNames()
    const rows = readRows(text)
    if (rows === null) throw corrupt(path, sessionId, 'it is not a record-name table written by this store')
    return namesOf(rows)
  } catch (error) {
    if (!isSessionError(error, 'RECORD_CORRUPT')) throw error
    return new RecordNames([], error)
  }
}

/** The table as it is stored. */
export function formatNames(names: RecordNames): string {
  const rows: NameRow[] = names.entries().map(([fileName, { type, id }]) => [fileName, type, id])
  return JSON.stringify(rows)
}

/** The table of some rows. */
export function namesOf(rows: readonly NameRow[]): RecordNames {
  return new RecordNames(rows.map(([fileName, type, id]) => [fileName, { type, id }]))
}

/** Whether a value is a table. The file names are checked too: one that was tampered with must not lead out of the folder. */
export function areNameRows(rows: unknown): rows is NameRow[] {
  return Array.isArray(rows) && rows.every(isRow)
}

function isRow(row: unknown): row is NameRow {
  return Array.isArray(row) && row.length === 3 && row.every((field) => typeof field === 'string') && isRecordFileName(row[0])
}

function readRows(text: string): NameRow[] | null {
  try {
    const rows: unknown = JSON.parse(text)
    return areNameRows(rows) ? rows : null
  } catch {
    return null
  }
}

/** A session's folder as the names of one batch are chosen: what it holds, and what the batch is about to add. */
export interface BatchFolderView extends FolderView {
  /** Tells of a name that was chosen. */
  add(fileName: string): void
}

/** The view of a folder on a disk that tells `A` from `a`. */
export function exactFolderView(folder: string): BatchFolderView {
  const added = new Set<string>()
  return {
    add: (fileName) => void added.add(fileName),
    holds: async (fileName) => added.has(fileName) || (await exists(join(folder, fileName))),
    holdsTwin: () => Promise.resolve(false),
  }
}

/** The view of a folder on a disk that takes `A` and `a` for the same name. */
export async function caseFoldingFolderView(folder: string): Promise<BatchFolderView> {
  return foldedNames(await namesIn(folder))
}

/** The same, over the names in the folder. */
export function foldedNames(names: readonly string[]): BatchFolderView {
  const spellings = new Map(names.map((name) => [name.toLowerCase(), name]))
  return {
    add: (fileName) => void spellings.set(fileName.toLowerCase(), fileName),
    holds: (fileName) => Promise.resolve(spellings.get(fileName.toLowerCase()) === fileName),
    holdsTwin: (fileName) => Promise.resolve((spellings.get(fileName.toLowerCase()) ?? fileName) !== fileName),
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}
