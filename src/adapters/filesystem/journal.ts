import { Buffer } from 'node:buffer'
import { constants } from 'node:fs'
import { OperationLimit, WorkQueue } from '../../async/order-of-work.js'
import { errorCode } from '../../errors.js'
import { closeFile, openFile, statPath, syncData, truncateAppended, writeBytes } from './disk.js'
import { bootMark, formatEntry, type RecordWrite } from './journal-entry.js'

/** How writes are appended. */
interface AppendOptions {
  /** Whether they must survive the loss of power. */
  readonly isDurable: boolean
  /** Called when they count, before anything else happens to the journal. */
  readonly onAppended: () => void
}

/** The journal of a lease: a write counts once it is appended and the journal is still where it was. */
export class Journal {
  readonly #journals: OpenJournals
  readonly #file: JournalFile
  readonly #queue = new WorkQueue()
  /** How long it is up to the last entry that counts. */
  #length = 0
  /** Whether there is more in it than that. */
  #hasRest = false
  #sequence = 0
  /** The last entry that survives the loss of power, and all before it; 0 when there is none. */
  #syncedUpTo = 0
  readonly #boot: string

  private constructor(journals: OpenJournals, file: JournalFile, boot: string) {
    this.#journals = journals
    this.#file = file
    this.#boot = boot
  }

  /** Makes an empty journal. */
  static async create(path: string, journals: OpenJournals): Promise<Journal> {
    return new Journal(journals, await journals.create(path), await journals.boot())
  }

  /** How long it is, in bytes. */
  get length(): number {
    return this.#length
  }

  /** The number of the last entry that counts. */
  get sequence(): number {
    return this.#sequence
  }

  /**
   * Appends writes in one go. Resolves with `false`, and they do not count, when the journal is not where it was: then somebody else
   * has the lease, or the folder was removed.
   */
  append(writes: readonly RecordWrite[], options: AppendOptions): Promise<boolean> {
    return this.#queue.add(async () => (await this.#journals.use(this.#file, (descriptor) => this.#append(descriptor, writes, options))) ?? false)
  }

  /** Does something while nothing is appended. Everything that it is about to cut must be in the files by then. */
  hold<Result>(work: (cut: () => Promise<void>) => Promise<Result>): Promise<Result> {
    return this.#queue.add(() => work(() => this.#cut()))
  }

  /** Whether it is where it was: nobody has sealed or removed it. */
  isInPlace(): Promise<boolean> {
    return this.#journals.isInPlace(this.#file)
  }

  /** Lets go of the file. */
  close(): Promise<void> {
    return this.#queue.add(() => this.#journals.close(this.#file))
  }

  async #append(descriptor: number, writes: readonly RecordWrite[], { isDurable, onAppended }: AppendOptions): Promise<boolean> {
    const lines = Buffer.from(writes.map((write, index) => this.#lineOf(write, this.#sequence + index + 1)).join(''))
    await this.#removeRest(descriptor)
    this.#hasRest = true
    try {
      await writeBytes(descriptor, lines)
      if (isDurable) await syncData(descriptor)
      // Last of all: what was sealed meanwhile does not count. Whoever has the journal now may be reading it.
      if (!(await this.#journals.isInPlace(this.#file))) return false
    } catch (error) {
      // The next append tries again: an entry behind the rest of another would count as damage.
      await this.#removeRest(descriptor).catch(() => undefined)
      throw error
    }
    this.#hasRest = false
    this.#length += lines.length
    this.#sequence += writes.length
    if (isDurable) this.#syncedUpTo = this.#sequence
    onAppended()
    return true
  }

  #lineOf(write: RecordWrite, sequence: number): string {
    return formatEntry({ ...write, sequence, syncedUpTo: this.#syncedUpTo, boot: this.#boot })
  }

  async #removeRest(descriptor: number): Promise<void> {
    if (!this.#hasRest) return
    await truncateAppended(descriptor, this.#file.path, this.#length)
    this.#hasRest = false
  }

  async #cut(): Promise<void> {
    await this.#journals.use(this.#file, async (descriptor) => {
      await truncateAppended(descriptor, this.#file.path, 0)
      this.#length = 0
      this.#syncedUpTo = 0
      this.#hasRest = false
    })
    // A session at rest keeps no file open.
    await this.#journals.close(this.#file)
  }
}

/** Which file it is, whatever name it has by now. */
interface FileIdentity {
  readonly dev: bigint
  readonly ino: bigint
}

/** A journal that is appended to. It is used by one piece of work at a time. */
interface JournalFile {
  readonly path: string
  /** `null` until it was made. */
  identity: FileIdentity | null
  descriptor: number | null
  isInUse: boolean
}

/** No link to another file, and no waiting at a pipe. Windows knows no such flags. */
const PLAIN_FILE = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK
const APPEND = constants.O_WRONLY | constants.O_APPEND | PLAIN_FILE
const CREATE = APPEND | constants.O_CREAT

/**
 * Keeps the journals open that were used last, and opens the others again when they are: a process may have far more sessions than
 * descriptors.
 */
export class OpenJournals {
  #boot: Promise<string> | undefined
  readonly #atMost: number
  readonly #turns: OperationLimit
  /** Those that are open, or about to be. The one that was used last is the last. */
  readonly #open = new Set<JournalFile>()

  /** Takes how many may be open at once. When all of them are in use, others wait for their turn. */
  constructor(atMost: number) {
    this.#atMost = atMost
    this.#turns = new OperationLimit(atMost)
  }

  /** Marks this run of the machine. Asked once: many journals may be made at the same time. */
  boot(): Promise<string> {
    this.#boot ??= bootMark().catch((error: unknown) => {
      this.#boot = undefined
      throw error
    })
    return this.#boot
  }

  /** Makes a journal, for this user alone. One that is there must be empty. */
  async create(path: string): Promise<JournalFile> {
    const file: JournalFile = { path, identity: null, descriptor: null, isInUse: false }
    return this.#inTurn(file, async () => {
      const descriptor = await openFile(path, CREATE, 0o600)
      try {
        const { dev, ino, size } = await statPath(path)
        if (size > 0) throw new Error(`${path} is in use`)
        file.identity = { dev, ino }
        file.descriptor = descriptor
        return file
      } catch (error) {
        await closeFile(descriptor)
        throw error
      }
    })
  }

  /** Works on an open journal. Resolves with `null`, and does not work on it, when it is not where it was. */
  use<Result>(file: JournalFile, work: (descriptor: number) => Promise<Result>): Promise<Result | null> {
    return this.#inTurn(file, async () => {
      file.descriptor ??= await this.#reopen(file)
      return file.descriptor === null ? null : work(file.descriptor)
    })
  }

  /** Whether a journal is still under its path. */
  async isInPlace({ path, identity }: JournalFile): Promise<boolean> {
    try {
      const found = await statPath(path)
      return found.ino === identity?.ino && found.dev === identity.dev
    } catch (error) {
      if (isGone(error)) return false
      throw error
    }
  }

  /** Lets go of a journal. */
  async close(file: JournalFile): Promise<void> {
    this.#open.delete(file)
    const { descriptor } = file
    file.descriptor = null
    if (descriptor !== null) await closeFile(descriptor)
  }

  /** Works with a journal once there is room for it. */
  #inTurn<Result>(file: JournalFile, work: () => Promise<Result>): Promise<Result> {
    return this.#turns.run(async () => {
      file.isInUse = true
      this.#open.delete(file)
      this.#open.add(file)
      try {
        await this.#closeSurplus()
        return await work()
      } finally {
        file.isInUse = false
        if (file.descriptor === null) this.#open.delete(file)
      }
    })
  }

  async #reopen(file: JournalFile): Promise<number | null> {
    let descriptor: number | null = null
    let isOurs = false
    try {
      // Never made anew: one that is not there was sealed by somebody, or removed.
      descriptor = await openFile(file.path, APPEND)
      isOurs = await this.isInPlace(file)
      return isOurs ? descriptor : null
    } catch (error) {
      if (isGone(error)) return null
      throw error
    } finally {
      if (descriptor !== null && !isOurs) await closeFile(descriptor)
    }
  }

  async #closeSurplus(): Promise<void> {
    for (const file of this.#open) {
      if (this.#open.size <= this.#atMost) return
      if (!file.isInUse) await this.close(file)
    }
  }
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errorCode(error))
}
