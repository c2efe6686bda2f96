import { constants } from 'node:fs'
import { access, lstat, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { errorCode, SessionError } from '../../errors.js'
import type { HolderSign } from '../../lease/lease-key.js'
import { makeFolder, onDisk, type ReplaceOptions, syncFolder } from './disk.js'
import { FileLockTable, type LockPlace, lockPlaceOf } from './file-lock-table.js'
import { assertNotLegacy, kindOfFolder } from './folder-contents.js'
import { type BatchFolderView, caseFoldingFolderView, exactFolderView } from './record-names.js'
import { HIDDEN_FOLDER, OWN_LOCK } from './session-folder-name.js'
import type { SessionFolder, SessionLocator } from './session-locator.js'
import { TokenFiles } from './token-files.js'

/**
 * The folder of one session, which was named by itself. Its lock is in the folder, so that every process that names it finds the lock,
 * whatever id and path it uses: the folder above may be another one for each of them, as where containers mount the folder alone.
 */
export class NamedFolder implements SessionLocator {
  readonly #path: string
  readonly #sessionId: string
  readonly #isDurable: boolean
  #isChecked = false
  #isWritten = false

  /** Takes the absolute path, the session, and whether what is made waits for the disk. */
  constructor(path: string, sessionId: string, { isDurable }: ReplaceOptions = { isDurable: true }) {
    this.#path = path
    this.#sessionId = sessionId
    this.#isDurable = isDurable
  }

  async list(): Promise<string[]> {
    const sessionId = this.#sessionId
    const { path, exists } = await this.locate()
    if (!exists) return []
    const names = (await onDisk({ verb: 'list', path, sessionId }, () => readdir(path))).filter((name) => name !== HIDDEN_FOLDER)
    return names.length > 0 && kindOfFolder(names) !== 'other' ? [sessionId] : []
  }

  async locate(): Promise<SessionFolder> {
    const [path, sessionId] = [this.#path, this.#sessionId]
    if (this.#isChecked) return { path, exists: true }
    const found = await onDisk({ verb: 'read', path, sessionId }, () => unlessMissing(stat(path)))
    if (found === null) {
      await this.#assertNoBrokenLink()
      return { path, exists: false }
    }
    if (!found.isDirectory()) {
      throw new SessionError('STORE_UNAVAILABLE', `${path} is a file, but "folders" names it as the folder of session "${sessionId}". Name a folder.`, {
        sessionId,
      })
    }
    this.#isChecked = true
    return { path, exists: true }
  }

  async ensure(): Promise<string> {
    const [path, sessionId] = [this.#path, this.#sessionId]
    const { exists } = await this.locate()
    if (!exists) await onDisk({ verb: 'make', path, sessionId }, () => this.#make())
    else if (!this.#isWritten) await assertNotLegacy(path, sessionId)
    this.#isWritten = true
    return path
  }

  async assertWritable(): Promise<void> {
    const { path, exists } = await this.locate()
    if (!exists) return
    await onDisk({ verb: 'write in', path, sessionId: this.#sessionId }, () => access(path, constants.W_OK | constants.X_OK))
  }

  async assertNotNamed(): Promise<void> {
    // It is: the lock that is held is the one of everybody who names it.
  }

  async viewOf(path: string): Promise<BatchFolderView> {
    if (!['darwin', 'win32'].includes(process.platform)) return exactFolderView(path)
    return onDisk({ verb: 'list', path, sessionId: this.#sessionId }, () => caseFoldingFolderView(path))
  }

  async isGone(): Promise<boolean> {
    return this.locate().then(
      ({ exists }) => !exists,
      () => false,
    )
  }

  forget(): void {
    this.#isChecked = false
    this.#isWritten = false
  }

  /** The lock of the folder, in it. */
  lockPlace(): LockPlace {
    return { tokens: new TokenFiles(join(this.#path, HIDDEN_FOLDER, OWN_LOCK)), olderTokens: null }
  }

  /** Who may hold the lock that a store of the folder above has for this one. */
  async holdersAbove(): Promise<readonly HolderSign[]> {
    const path = await realPathOf(this.#path)
    const hidden = join(dirname(path), HIDDEN_FOLDER)
    const { tokens } = lockPlaceOf(join(hidden, 'locks'), this.#sessionId, basename(path))
    const placeOf = async (): Promise<LockPlace> => ({ tokens, olderTokens: null })
    const { holders } = await new FileLockTable({ folder: hidden, placeOf, heartbeats: join(hidden, 'heartbeats') }).look(this.#sessionId)
    return holders
  }

  async #make(): Promise<void> {
    for (const made of await makeFolder(this.#path)) if (this.#isDurable) await syncFolder(dirname(made))
  }

  async #assertNoBrokenLink(): Promise<void> {
    const [path, sessionId] = [this.#path, this.#sessionId]
    if ((await onDisk({ verb: 'read', path, sessionId }, () => unlessMissing(lstat(path)))) === null) return
    throw new SessionError('STORE_UNAVAILABLE', `${path} is a symbolic link to a folder that is not there. Make that folder, or name another one.`, {
      sessionId,
    })
  }
}

/** A path without symbolic links, as far as it is there. */
export async function realPathOf(path: string): Promise<string> {
  const real = await unlessMissing(realpath(path))
  if (real !== null || dirname(path) === path) return real ?? path
  return join(await realPathOf(dirname(path)), basename(path))
}

async function unlessMissing<Found>(looking: Promise<Found>): Promise<Found | null> {
  try {
    return await looking
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}
