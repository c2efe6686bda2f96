import { link, open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { discard, writeTemporary } from './atomic-file.js'
import { makeFolder } from './make-folder.js'
import { errorCode } from '../../system/system-error.js'

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
const ABANDONED_AFTER_MS = 10 * 60_000

/**
 * A lock as a folder: a file for each token, `12`, and another when it was given back, `12.released`. The highest token
 * counts. Its file stays until a higher one is there, so that no token is ever handed out twice.
 */
export class TokenFolder {
  readonly #path: string

  /** Takes the folder, which need not be there. */
  constructor(path: string) {
    this.#path = path
  }

  /** The newest token. */
  async newest(): Promise<NewestToken> {
    const names = await this.#names()
    const token = Math.max(0, ...names.map(tokenOf).filter(found => found !== null))
    return { token, isHeld: token > 0 && !names.includes(`${token}${RELEASED}`) }
  }

  /** Takes a token by making its file, and says whether it is ours: somebody else may have been faster. */
  async claim(token: number, text: string): Promise<boolean> {
    await makeFolder(this.#path)
    if (!(await this.#create(token, text))) return false
    if (!(await this.#isNewest(token))) return false
    await this.#clean(token)
    return true
  }

  /** What the holder of a token wrote; `null` when its file is gone, because a newer one is there. */
  async read(token: number): Promise<DatedFile | null> {
    return readWithTime(join(this.#path, String(token)))
  }

  /** Gives a token back, for good. Of no effect on newer ones, and when it was given back before. */
  async release(token: number): Promise<void> {
    try {
      await writeFile(join(this.#path, `${token}${RELEASED}`), '', { mode: 0o600 })
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
    }
  }

  /** The file comes into being with its text whole; where the disk knows no links, at least by one alone. */
  async #create(token: number, text: string): Promise<boolean> {
    const path = join(this.#path, String(token))
    const temporary = await writeTemporary(this.#path, text, { isDurable: false })
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

  /** Whoever looked long ago may have made the file of a token that was used and cleaned away since: then it goes again. */
  async #isNewest(token: number): Promise<boolean> {
    let isNewest = false
    try {
      isNewest = (await this.newest()).token === token
    } finally {
      if (!isNewest) await discard(join(this.#path, String(token)))
    }
    return isNewest
  }

  /** Removes what means nothing any more; a failure here costs only its room. */
  async #clean(newest: number): Promise<void> {
    const names = await this.#names()
    await Promise.allSettled(names.map(async name => {
      const path = join(this.#path, name)
      if (Number.parseInt(name, 10) < newest || (await isAbandoned(path))) await rm(path, { force: true })
    }))
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#path)
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return []
      throw error
    }
  }
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
    const file = await open(path, 'r')
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

/** Whether a process died while it was taking a token. Nobody takes that long. */
async function isAbandoned(path: string): Promise<boolean> {
  return path.endsWith('.tmp') && (await stat(path)).mtimeMs < Date.now() - ABANDONED_AFTER_MS
}

function tokenOf(name: string): number | null {
  return /^[1-9]\d{0,14}$/.test(name) ? Number(name) : null
}
