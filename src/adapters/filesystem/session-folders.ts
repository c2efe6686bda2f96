import { type BigIntStats, constants, type Dirent } from 'node:fs'
import { access, lstat, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { OperationLimit } from '../../async/order-of-work.js'
import { errorCode, SessionError } from '../../errors.js'
import { makeFolder, namesIn, onDisk, type ReplaceOptions, syncFolder } from './disk.js'
import { assertNotLegacy, isLockOfFile, kindOfFolder, LOCK_ENDING } from './folder-contents.js'
import { CREDS_FILE } from './record-file.js'
import { type BatchFolderView, caseFoldingFolderView, exactFolderView } from './record-names.js'
import {
  assertSessionId,
  canonicalFolderName,
  fitsIntoName,
  HIDDEN_FOLDER,
  literalFolderName,
  OWN_LOCK,
  plainSessionId,
  sessionIdOfFolder,
} from './session-folder-name.js'
import type { SessionFolder, SessionLocator } from './session-locator.js'

/** A folder whose name stands for a session. */
interface NamedFolder {
  readonly name: string
  readonly sessionId: string
}

/** How {@link SessionFolders} works. */
export interface SessionFoldersOptions extends ReplaceOptions {
  /** The folders in the directory, by absolute path, that belong to sessions with another id. */
  readonly named?: ReadonlyMap<string, string>
}

/** The folders of sessions in a directory: which belongs to which session, and whether it is safe to use. */
export class SessionFolders implements SessionLocator {
  readonly #directory: string
  readonly #prefix: string
  readonly #isDurable: boolean
  readonly #namedElsewhere: ReadonlyMap<string, string>
  /** Sessions whose canonical folder was found to be there and in order. */
  readonly #checked = new Set<string>()
  /** Sessions whose folder was made here, or found to be no browser profile. */
  readonly #written = new Set<string>()
  /** Whether this disk takes `A` and `a` for the same name; unknown until a name with letters was seen. */
  #foldsCase: boolean | undefined

  /** Takes the folder that holds those of the sessions, what their names begin with, and whether what is made and removed waits for the disk. */
  constructor(directory: string, prefix: string, { isDurable, named = new Map() }: SessionFoldersOptions = { isDurable: true }) {
    this.#directory = directory
    this.#prefix = prefix
    this.#isDurable = isDurable
    this.#namedElsewhere = named
  }

  async list(limit: OperationLimit): Promise<string[]> {
    const folders = await this.#named()
    const areSessions = await limit.map(folders, ({ name }) => mayHoldSession(join(this.#directory, name)))
    return folders.flatMap(({ sessionId }, index) => (areSessions[index] === true ? [sessionId] : []))
  }

  /** The ids that the names of all folders stand for, whatever is in them. */
  async listNamed(): Promise<string[]> {
    return (await this.#named()).map(({ sessionId }) => sessionId)
  }

  async #named(): Promise<NamedFolder[]> {
    const entries = await onDisk({ verb: 'list', path: this.#directory }, () => this.#entries())
    const plain: NamedFolder[] = []
    const unusual: string[] = []
    for (const entry of entries) {
      const { name } = entry
      if (!name.startsWith(this.#prefix) || !(entry.isDirectory() || entry.isSymbolicLink())) continue
      if (this.#namedElsewhere.has(join(this.#directory, name))) continue
      const sessionId = plainSessionId(this.#prefix, name)
      if (sessionId === null) unusual.push(name)
      else plain.push({ name, sessionId })
    }
    return this.#withoutLocks([...plain, ...this.#withoutTwins(unusual)])
  }

  /** Without a prefix, and with some others, the lock of a file that is kept beside the sessions is named as a session would be. */
  async #withoutLocks(folders: readonly NamedFolder[]): Promise<NamedFolder[]> {
    const locks = new Set<string>()
    for (const { name } of folders.filter((folder) => folder.name.endsWith(LOCK_ENDING))) {
      // What cannot be looked at is told of as any other.
      const names = await readdir(join(this.#directory, name)).catch(() => null)
      if (names !== null && isLockOfFile(name, names)) locks.add(name)
    }
    return folders.filter(({ name }) => !locks.has(name))
  }

  /** The sessions of names that are escaped, or should be: when both are there, the escaped one counts. */
  #withoutTwins(names: readonly string[]): NamedFolder[] {
    const all = new Set(names)
    return names.flatMap((name) => {
      const sessionId = sessionIdOfFolder(this.#prefix, name)
      if (sessionId === null) return []
      const canonical = canonicalFolderName(this.#prefix, sessionId)
      return name !== canonical && all.has(canonical) ? [] : [{ name, sessionId }]
    })
  }

  async locate(sessionId: string): Promise<SessionFolder> {
    assertSessionId(sessionId)
    const canonical = canonicalFolderName(this.#prefix, sessionId)
    const path = join(this.#directory, canonical)
    this.#assertFree(path, sessionId)
    if (this.#checked.has(sessionId)) return { path, exists: true }
    if (fitsIntoName(canonical) && (await this.#isUsable(canonical, sessionId))) {
      this.#checked.add(sessionId)
      return { path, exists: true }
    }
    const literal = await this.#literalFolder(sessionId)
    if (literal !== null) {
      this.#assertFree(join(this.#directory, literal), sessionId)
      return { path: join(this.#directory, literal), exists: true }
    }
    if (!fitsIntoName(canonical)) {
      throw new SessionError(
        'INVALID_SESSION_ID',
        `The session id is too long for a folder name: it has ${canonical.length} characters when escaped, and at most 255 fit. Use a shorter id.`,
        { sessionId },
      )
    }
    return { path, exists: false }
  }

  /** The name of the folder in which a session is, or would be. Rejects as {@link locate} does when the disk has to be asked. */
  async nameOf(sessionId: string): Promise<string> {
    assertSessionId(sessionId)
    const canonical = canonicalFolderName(this.#prefix, sessionId)
    if (literalFolderName(this.#prefix, sessionId) === null && fitsIntoName(canonical)) return canonical
    return basename((await this.locate(sessionId)).path)
  }

  async ensure(sessionId: string): Promise<string> {
    const { path, exists } = await this.locate(sessionId)
    if (!exists) {
      await onDisk({ verb: 'make', path, sessionId }, () => this.#make(path))
      await this.locate(sessionId)
    } else if (!this.#written.has(sessionId)) {
      await assertNotLegacy(path, sessionId)
    }
    this.#written.add(sessionId)
    return path
  }

  async assertWritable(sessionId: string): Promise<void> {
    const { path, exists } = await this.locate(sessionId)
    const place = exists ? path : this.#directory
    await onDisk({ verb: 'write in', path: place, sessionId }, async () => {
      try {
        await access(place, constants.W_OK | constants.X_OK)
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error
      }
    })
    await this.assertNotNamed(sessionId)
  }

  async assertNotNamed(sessionId: string): Promise<void> {
    const { path, exists } = await this.locate(sessionId)
    if (!exists || (await onDisk({ verb: 'read', path, sessionId }, () => statOrNull(join(path, HIDDEN_FOLDER, OWN_LOCK)))) === null) return
    throw new SessionError(
      'STORE_UNAVAILABLE',
      `${path} has a lock of its own, because a store names this folder in its option "folders". Name it there in every process. To come back to "directory", end those processes first, and remove ${join(path, HIDDEN_FOLDER)}.`,
      { sessionId },
    )
  }

  async viewOf(path: string, sessionId: string): Promise<BatchFolderView> {
    // Where it was not seen yet, it is to be feared.
    if (!(this.#foldsCase ?? ['darwin', 'win32'].includes(process.platform))) return exactFolderView(path)
    return onDisk({ verb: 'list', path, sessionId }, () => caseFoldingFolderView(path))
  }

  async isGone(sessionId: string): Promise<boolean> {
    return this.locate(sessionId).then(
      ({ exists }) => !exists,
      () => false,
    )
  }

  forget(sessionId: string): void {
    this.#checked.delete(sessionId)
    this.#written.delete(sessionId)
  }

  #assertFree(path: string, sessionId: string): void {
    const other = this.#namedElsewhere.get(path)
    if (other === undefined) return
    throw new SessionError('INVALID_SESSION_ID', `${path} is the folder of session "${other}", as the option "folders" says. Use that id, or another one.`, {
      sessionId,
    })
  }

  async #make(path: string): Promise<void> {
    for (const made of await makeFolder(path)) if (this.#isDurable) await syncFolder(dirname(made))
  }

  async #entries(): Promise<Dirent[]> {
    try {
      return await readdir(this.#directory, { withFileTypes: true })
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return []
      throw error
    }
  }

  /** A folder that stock code made under the plain id. It must be listed by this very name: disks alias some names. */
  async #literalFolder(sessionId: string): Promise<string | null> {
    const literal = literalFolderName(this.#prefix, sessionId)
    if (literal === null) return null
    const names = await onDisk({ verb: 'list', path: this.#directory, sessionId }, () => namesIn(this.#directory))
    return names.includes(literal) && (await this.#isUsable(literal, sessionId)) ? literal : null
  }

  async #isUsable(name: string, sessionId: string): Promise<boolean> {
    const path = join(this.#directory, name)
    const found = await onDisk({ verb: 'read', path, sessionId }, () => statOrNull(path))
    if (found === null) return false
    if (found.isSymbolicLink()) {
      throw new SessionError(
        'STORE_UNAVAILABLE',
        `${path} is a symbolic link, and the store does not follow links out of its directory. Put the folder itself there.`,
        { sessionId },
      )
    }
    if (!found.isDirectory()) {
      throw new SessionError('STORE_UNAVAILABLE', `${path} is a file where the folder of the session should be. Move it away.`, { sessionId })
    }
    await this.#assertSpelling(name, found, sessionId)
    return true
  }

  /** Refuses an id when the folder found under its name is spelled differently, and so is another session's. */
  async #assertSpelling(name: string, found: BigIntStats, sessionId: string): Promise<void> {
    const swapped = swapCase(name)
    if (swapped === name || this.#foldsCase === false) return
    await onDisk({ verb: 'read', path: this.#directory, sessionId }, async () => {
      if (this.#foldsCase === undefined) {
        const twin = await statOrNull(join(this.#directory, swapped))
        this.#foldsCase = twin !== null && twin.ino === found.ino && twin.dev === found.dev
      }
      if (!this.#foldsCase || (await readdir(this.#directory)).includes(name)) return
      throw new SessionError(
        'INVALID_SESSION_ID',
        `Another session already uses this id with different upper or lower case, and the disk under ${this.#directory} cannot tell them apart. Choose an id that differs by more than case.`,
        { sessionId },
      )
    })
  }
}

/** Whether a folder is a session's, or one that somebody has to be told of. What cannot be looked at is never left out. */
async function mayHoldSession(path: string): Promise<boolean> {
  try {
    // Most have creds, and many files beside them.
    if ((await statOrNull(join(path, CREDS_FILE))) !== null) return true
    return kindOfFolder(await readdir(path)) !== 'other'
  } catch {
    return true
  }
}

async function statOrNull(path: string): Promise<BigIntStats | null> {
  try {
    return await lstat(path, { bigint: true })
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}

function swapCase(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))
}
