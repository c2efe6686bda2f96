import type { SessionError } from '../../errors.js'
import type { RecordKey } from '../../store/session-store.js'
import { escapedFileName, hasRecordName, isPortable, isSingleRecord, recordOfFileName, stockFileName } from './record-file-name.js'

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
    return new RecordNames(this.entries(), this.#damage)
  }

  /** The same for a write after which nothing else is there: it needs no table that can be read, and stores a whole one. */
  copyForReplacement(): RecordNames {
    const names = new RecordNames(this.entries())
    names.#isChanged = this.isDamaged
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
    this.#assertTold(key)
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
    this.#assertTold(key)
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

  #assertTold(key: RecordKey): void {
    if (this.#damage === null || isSingleRecord(key)) return
    const named = recordOfFileName(stockFileName(key))
    if (named?.isCertain !== true || !isSame(named.key, key)) throw this.#damage
  }

  async #isFree(stock: string, isOwn: boolean, folder: FolderView): Promise<boolean> {
    if (!isPortable(stock) || this.#keys.has(stock) || (await folder.holdsTwin(stock))) return false
    // A file of an unknown type without an entry is stock code's: the first to write it takes it over.
    return isOwn || recordOfFileName(stock)?.isCertain !== true || !(await folder.holds(stock))
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

/** One text per record key. */
export function keyText({ type, id }: RecordKey): string {
  return JSON.stringify([type, id])
}

function isSame(a: RecordKey, b: RecordKey): boolean {
  return a.type === b.type && a.id === b.id
}
