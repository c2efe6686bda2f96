import { join } from 'node:path'
import { errorCode } from '../../errors.js'
import { namesIn, statPath } from './disk.js'
import { readWithTime } from './token-files.js'

/** A file, as it was read last. */
export interface CachedFile<Content> {
  readonly content: Content
  /** By the clock of the disk. */
  readonly writtenAt: number
}

/** A file, and by what it is known that it did not change. */
interface StampedFile<Content> {
  readonly stamp: string
  /** `null` when it cannot be read as what it should be. */
  readonly file: CachedFile<Content> | null
}

/** What is in a folder. */
export interface FolderContents<Content> {
  /** Every name. */
  readonly names: ReadonlySet<string>
  /** The files that can be read. */
  readonly files: ReadonlyMap<string, CachedFile<Content>>
}

/** What this user may not read, and what goes while it is looked at. */
const PASSED_OVER: readonly string[] = ['EACCES', 'EPERM', 'ENOENT']

/** The few files of a folder, of which only those are read that changed. */
export class FolderCache<Content> {
  readonly #folder: string
  readonly #parse: (text: string) => Content | null
  #known: ReadonlyMap<string, StampedFile<Content>> = new Map()

  /** Takes the folder, which need not be there, and what reads a text; `null` for a damaged one, which is passed over. */
  constructor(folder: string, parse: (text: string) => Content | null) {
    this.#folder = folder
    this.#parse = parse
  }

  /** What is in the folder now, but for names that are not of a holder's file. */
  async read(): Promise<FolderContents<Content>> {
    const names = await namesIn(this.#folder)
    const before = this.#known
    const found = await Promise.all(names.filter(isHolderName).map(async (name) => [name, await this.#look(name, before.get(name))] as const))
    this.#known = new Map(found.flatMap(([name, stamped]) => (stamped === null ? [] : [[name, stamped]])))
    const files = new Map([...this.#known].flatMap(([name, { file }]) => (file === null ? [] : [[name, file]])))
    return { names: new Set(names), files }
  }

  async #look(name: string, before: StampedFile<Content> | undefined): Promise<StampedFile<Content> | null> {
    const path = join(this.#folder, name)
    try {
      const found = await statPath(path)
      const stamp = `${found.ino} ${found.mtimeNs} ${found.size}`
      if (stamp === before?.stamp) return before
      return { stamp, file: found.isFile() ? await this.#read(path) : null }
    } catch (error) {
      if (PASSED_OVER.includes(errorCode(error))) return null
      throw error
    }
  }

  async #read(path: string): Promise<CachedFile<Content> | null> {
    const found = await readWithTime(path)
    const content = found === null ? null : this.#parse(found.text)
    return found === null || content === null ? null : { content, writtenAt: found.writtenAt }
  }
}

function isHolderName(name: string): boolean {
  return /^[0-9a-f]+$/u.test(name)
}
