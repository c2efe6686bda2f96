import { access, link, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../../errors.js'
import { openRegularFile, READ_AT_ONCE } from '../../regular-file.js'
import { closeFile, discard, makeFolder, namesIn, openFile, renameFile, unlinkFile, writeTemporary } from './disk.js'

/** The newest token of a lock. */
export interface NewestToken {
  /** The token; 0 when none was ever handed out. */
  token: number
  /** Whether it was not given back. Its holder may be dead all the same. */
  isHeld: boolean
}

/** A file with the time of its last change. */
export interface DatedFile {
  /** Its text. That of a token's file is cut off when the holder died while writing it, on disks without links. */
  text: string
  /** When it was written, in milliseconds, by the clock of the disk. */
  writtenAt: number
}

const RELEASED = '.released'
const TEMPORARY = '.tmp'
const TOKEN = /^[1-9]\d{0,14}$/
const ABANDONED_AFTER_MS = 10 * 60_000

/** Whether a file of a lock that has its folder to itself has this name. */
export function isTokenFile(name: string): boolean {
  return TOKEN.test(name.endsWith(RELEASED) ? name.slice(0, -RELEASED.length) : name)
}

/**
 * A lock as files in a folder: one for each token, `12`, which is renamed to `12.released` when it is given back. The highest
 * token counts. Its file stays until a higher one is there, so that no token is ever handed out twice. Several locks can share a
 * folder when the names of each begin with something of its own.
 */
export class TokenFiles {
  readonly #folder: string
  readonly #prefix: string
  /** The token that was claimed here last; 0 when none was. */
  #claimed = 0
  /** What goes on behind the back of a claim; never rejects. */
  #cleaning: Promise<unknown> = Promise.resolve()

  /** Takes the folder, which need not be there, and what the names of this lock begin with. */
  constructor(folder: string, prefix = '') {
    this.#folder = folder
    this.#prefix = prefix
  }

  /** The newest token. */
  async newest(): Promise<NewestToken> {
    // The folder holds the files of many sessions, also of those that are long gone: to list it for each write would take ever longer.
    if (await this.#isOwnNewest()) return { token: this.#claimed, isHeld: true }
    return this.#newestOf(await namesIn(this.#folder))
  }

  /**
   * Takes a token by making its file, and says whether it is ours: somebody else may have been faster. `twin` is a file with the
   * same text on the same disk, if there is one: a link to it costs a fraction of a new file, and the text is not asked for.
   */
  async claim(token: number, makeText: () => Promise<string>, twin?: string): Promise<boolean> {
    await this.#cleaning
    if (!((await this.#link(token, twin)) ?? (await this.#create(token, await makeText())))) return false
    const names = await this.#namesWithNewest(token)
    if (names === null) return false
    await this.#clean(names, token)
    this.#claimed = token
    return true
  }

  /** What the holder of a token wrote; `null` when its file is gone, because a newer one is there. */
  async read(token: number): Promise<DatedFile | null> {
    return readWithTime(this.#pathOf(token))
  }

  /** Gives a token back, for good. Of no effect on newer ones, and when it was given back before. */
  async release(token: number): Promise<void> {
    try {
      // Nothing new is made: a full disk must not keep the lock held.
      await renameFile(this.#pathOf(token), `${this.#pathOf(token)}${RELEASED}`)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
    }
    await this.#cleaning
  }

  /**
   * Whether the token that was claimed here is still held, and the newest. Whoever claims a higher one removes its file before the
   * claim counts; one who died in between has left the next token beside it. What is not certain is no.
   */
  async #isOwnNewest(): Promise<boolean> {
    if (this.#claimed === 0) return false
    if ((await access(this.#pathOf(this.#claimed + 1)).then(() => 'there', errorCode)) !== 'ENOENT') return false
    return canBeOpened(this.#pathOf(this.#claimed))
  }

  /** Links the file of a token, and says whether nobody was faster; `null` when it cannot be linked, for whatever reason. */
  async #link(token: number, twin: string | undefined): Promise<boolean | null> {
    if (twin === undefined) return null
    let code = await linkFailure(twin, this.#pathOf(token))
    if (code === 'ENOENT' && token === 1) {
      await makeFolder(this.#folder)
      code = await linkFailure(twin, this.#pathOf(token))
    }
    return code === null ? true : code === 'EEXIST' ? false : null
  }

  /** The file comes into being with its text whole; where the disk knows no links, at least by one alone. */
  async #create(token: number, text: string): Promise<boolean> {
    const path = this.#pathOf(token)
    await makeFolder(this.#folder)
    const temporary = await writeTemporary(this.#folder, text, { isDurable: false })
    try {
      await link(temporary, path)
      return true
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false
      if (!NO_LINKS.includes(errorCode(error))) throw error
      return await createExclusively(path, text)
    } finally {
      await discard(temporary)
    }
  }

  /**
   * The names in the folder, when a token is the newest and held; `null` when it is not. Whoever looked long ago may have made the
   * file of a token that was used and given back since: then it goes again.
   */
  async #namesWithNewest(token: number): Promise<string[] | null> {
    let isNewest = false
    try {
      const names = await namesIn(this.#folder)
      const newest = this.#newestOf(names)
      isNewest = newest.token === token && newest.isHeld
      return isNewest ? names : null
    } finally {
      if (!isNewest) await discard(this.#pathOf(token))
    }
  }

  /** Removes what means nothing any more; a failure here costs only its room. */
  async #clean(names: readonly string[], newest: number): Promise<void> {
    const remove = (name: string): Promise<void> => unlinkFile(join(this.#folder, name))
    const older = names.filter((name) => {
      const token = this.#tokenOf(name)
      return token > 0 && token < newest
    })
    const isReleased = (name: string): boolean => name.endsWith(RELEASED)
    // By its own file a holder that is thrown out here knows that it is.
    await Promise.allSettled(older.filter((name) => !isReleased(name)).map(remove))
    // Nobody misses the others: neither does a claim wait for them.
    const removeAbandoned = async (name: string): Promise<void> => {
      if (await isAbandoned(join(this.#folder, name))) await remove(name)
    }
    this.#cleaning = Promise.allSettled([...older.filter(isReleased).map(remove), ...names.filter((name) => name.endsWith(TEMPORARY)).map(removeAbandoned)])
  }

  #newestOf(names: readonly string[]): NewestToken {
    const token = names.reduce((highest, name) => Math.max(highest, this.#tokenOf(name)), 0)
    return { token, isHeld: token > 0 && !names.includes(`${this.#prefix}${token}${RELEASED}`) }
  }

  /** The token that a file speaks of; 0 when it is none of this lock's. */
  #tokenOf(name: string): number {
    if (!name.startsWith(this.#prefix)) return 0
    const token = name.slice(this.#prefix.length, name.endsWith(RELEASED) ? -RELEASED.length : undefined)
    return TOKEN.test(token) ? Number(token) : 0
  }

  #pathOf(token: number): string {
    return join(this.#folder, `${this.#prefix}${token}`)
  }
}

/** Opened and not only looked at: network disks ask the server whether a file is still there only then. */
async function canBeOpened(path: string): Promise<boolean> {
  try {
    await closeFile(await openFile(path, READ_AT_ONCE))
    return true
  } catch {
    return false
  }
}

/** The code with which a link was refused, or `null` when it was made. */
async function linkFailure(from: string, to: string): Promise<string | null> {
  return link(from, to).then(() => null, errorCode)
}

/** What disks say that cannot link. */
const NO_LINKS: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL']

async function createExclusively(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

/** A file with the time of its last change; `null` when there is none. Opened, because network disks refresh the time only then. */
export async function readWithTime(path: string): Promise<DatedFile | null> {
  try {
    const file = await openRegularFile(path)
    try {
      const { mtimeMs } = await file.stat()
      return { text: await file.readFile('utf8'), writtenAt: mtimeMs }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}

/** Whether the process that made a temporary file died while it was taking a token. Nobody takes that long. */
async function isAbandoned(path: string): Promise<boolean> {
  return (await stat(path)).mtimeMs < Date.now() - ABANDONED_AFTER_MS
}
