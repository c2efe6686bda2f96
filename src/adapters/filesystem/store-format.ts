import { join } from 'node:path'
import { SessionError } from '../../errors.js'
import { makeFolder, onDisk, replaceFile } from './disk.js'
import { readFileBytes } from './record-file.js'

/** The file, in the hidden folder, that says how the sessions beside it are kept. Stores from before there was one are in format 1. */
const FORMAT_FILE = 'format'

/** Writes go through journals, one for each lease. */
const FORMAT = 2

/** The first version of this library that knows the format. It stands below the number, for those who do not. */
const FIRST_VERSION = '0.1.0'

const MAX_BYTES = 64 * 1024

const CONTENTS = /^(?<format>\d+)\s*(?:baileys-sessions (?<version>\S+))?/u

/** In which format a directory of sessions is: a version that does not know it would read, and fold, what it does not understand. */
export class StoreFormat {
  readonly #folder: string
  #known: Promise<number> | undefined
  #marked: Promise<void> | undefined

  /** Takes the hidden folder of the directory. */
  constructor(hiddenFolder: string) {
    this.#folder = hiddenFolder
  }

  /** Rejects with `STORE_UNAVAILABLE` when the directory is in a format of a later version. The disk is asked once. */
  async assertKnown(): Promise<void> {
    await this.#format()
  }

  /** Says in which format the directory is from now on. To be called before anything is written that earlier versions would not find. */
  mark(): Promise<void> {
    this.#marked ??= this.#mark().catch((error: unknown) => {
      this.#marked = undefined
      throw error
    })
    return this.#marked
  }

  #format(): Promise<number> {
    this.#known ??= this.#read().catch((error: unknown) => {
      this.#known = undefined
      throw error
    })
    return this.#known
  }

  async #mark(): Promise<void> {
    if ((await this.#format()) === FORMAT) return
    const path = join(this.#folder, FORMAT_FILE)
    await onDisk({ verb: 'write', path }, async () => {
      await makeFolder(this.#folder)
      await replaceFile(path, `${FORMAT}\nbaileys-sessions ${FIRST_VERSION}\n`, { isDurable: true })
    })
  }

  async #read(): Promise<number> {
    const path = join(this.#folder, FORMAT_FILE)
    const bytes = await readFileBytes(path, undefined, MAX_BYTES)
    if (bytes === null) return 1
    const { format, version } = CONTENTS.exec(bytes.toString())?.groups ?? {}
    if (format === undefined)
      throw new SessionError(
        'STORE_UNAVAILABLE',
        `${path} should hold the number of the store's format, but does not. Restore it from a backup, or write ${FORMAT} into it.`,
      )
    if (Number(format) <= FORMAT) return Number(format)
    const needed = version === undefined ? `a version of baileys-sessions that knows format ${format}` : `baileys-sessions ${version} or later`
    throw new SessionError(
      'STORE_UNAVAILABLE',
      `The sessions beside ${path} are in format ${format}, and this version of baileys-sessions knows ${FORMAT} at most. Nothing was changed. Use ${needed}.`,
    )
  }
}
