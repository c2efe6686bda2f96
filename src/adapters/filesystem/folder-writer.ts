import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { errorCode, isSessionError, SessionError } from '../../errors.js'
import { discard, isTemporaryName, namesIn, onDisk, removeFile, syncFolder } from './disk.js'
import { assertSessionFolder, removeCreds, removeFolders, removeRest, type SessionRemoval } from './folder-contents.js'
import type { RecordWrite } from './journal-entry.js'
import { type LeaseFolder, leaseFolder, leaseFoldersAmong, newVisit, removeSealed, sealLeaseFolder, syncLeaseFolder } from './lease-folders.js'
import { KnownFiles, OpenFolder, type WriterTools } from './open-folder.js'
import { PendingChanges } from './pending-changes.js'
import { type ReadableFolder, readJournals } from './read-records.js'
import { MANIFEST_FILE } from './unfinished-batch.js'

/** Who writes to a session. */
export interface WriterIdentity {
  readonly sessionId: string
  /** The fencing token. */
  readonly token: number
  /** What tells apart those who write without a lease of their own; `null` for the holder. */
  readonly visit: string | null
  /** Whether no other writer of this token is at work, so that everything that is there was left. */
  readonly isAlone: boolean
  /** Rejects with `STALE_WRITER` when somebody else may write by now. */
  readonly assertNewest: () => Promise<void>
}

/** How long changes stay in the journal alone. */
const FOLD_AFTER_MS = 1000
/** After how long a fold that failed is tried again. */
const FOLD_AGAIN_AFTER_MS = 5000
/** How often a write begins anew when its folder is removed under its hands. */
const TRIES = 8
/** How long one who writes without a lease waits at most before it tries again the first time. */
const MEETING_MS = 10

/** Writes to one session, for as long as a lease lasts, or for one write without a lease. One call at a time. */
export class FolderWriter {
  readonly #identity: WriterIdentity
  readonly #tools: WriterTools
  #own: LeaseFolder
  readonly #files: KnownFiles
  #open: OpenFolder | null = null
  /** Whether nothing is left of writers before. */
  #isTidy = false
  /** The folders of writers before that were sealed, and are to be folded. Oldest first. */
  #sealed: string[] = []
  #hasEnded = false
  #timer: NodeJS.Timeout | undefined

  /** Touches nothing yet. */
  constructor(identity: WriterIdentity, tools: WriterTools) {
    this.#identity = identity
    this.#tools = tools
    this.#own = leaseFolder(identity.token, identity.visit)
    this.#files = new KnownFiles(identity.sessionId)
  }

  /** Seals what writers before have left, so that they write no more, and folds it if that can be done now. */
  async takeOver(): Promise<void> {
    const { folders } = this.#tools
    await folders.assertNotNamed(this.#identity.sessionId)
    const { path, exists } = await folders.locate(this.#identity.sessionId)
    if (!exists) this.#isTidy = true
    else if (await this.#seal(path)) await this.#foldLeftovers(path).catch(() => undefined)
  }

  /** The folder as the one writer reads it; `null` as long as something of others is in it. */
  read(path: string): ReadableFolder | null {
    const { sessionId } = this.#identity
    if (!this.#isTidy) return null
    return { path, sessionId, pending: this.#open?.pending ?? new PendingChanges(), names: () => this.#files.names(path) }
  }

  /** What the journal alone has is gone once that was removed: this process is not to be the only one that still sees it. */
  async forgetRemoved(): Promise<void> {
    const open = this.#open
    if (open === null || (await open.isInPlace())) return
    if (this.#open === open) this.#forget()
  }

  /** Carries out writes, in order. */
  async write(writes: readonly RecordWrite[]): Promise<void> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      try {
        const open = await this.#openFor(writes)
        if (open === null) return
        if (await open.write(writes)) {
          this.#foldSoon(open)
          return
        }
      } catch (error) {
        if (!(await this.#isFolderGone(error))) throw error
      }
      // Sealed by somebody who took over, or removed.
      await this.#identity.assertNewest()
      this.#forget()
      if (this.#identity.visit === null) continue
      // Two who write without a lease have sealed each other: one of them is to be first.
      this.#own = leaseFolder(this.#identity.token, newVisit())
      await delay(Math.random() * MEETING_MS * 2 ** tries)
    }
    const { sessionId } = this.#identity
    throw new SessionError('STORE_UNAVAILABLE', `The folder of session "${sessionId}" was removed again and again while it was written to.`, { sessionId })
  }

  /** Removes everything of the session. */
  async remove(): Promise<void> {
    const { sessionId, assertNewest } = this.#identity
    const { folders, limit, durability } = this.#tools
    const { path, exists } = await folders.locate(sessionId)
    await assertNewest()
    if (!exists) return
    this.#stopTimer()
    let isGone = false
    let removal: SessionRemoval = { folder: path, sessionId, limit, leaseFolder: null }
    await assertSessionFolder(removal)
    await folders.assertWritable(sessionId)
    const open = await this.#openToRemove(path)
    removal = { ...removal, leaseFolder: open?.leaseFolder ?? null }
    try {
      if ((await open?.clear()) !== true) {
        await removeCreds(removal)
        await open?.forgetAll()
      }
      await removeRest(removal)
      await open?.abandon()
      isGone = await removeFolders(removal)
    } catch (error) {
      await assertNewest()
      throw error
    } finally {
      this.#forget()
    }
    this.#isTidy = true
    this.#files.found([])
    if (durability !== 'process') await onDisk({ verb: 'delete', path, sessionId }, () => syncFolder(isGone ? dirname(path) : path))
  }

  /** Brings the files up to date, and leaves nothing of the writer. When that fails, its journal has what the files have not. */
  async close(): Promise<void> {
    this.#stopTimer()
    this.#hasEnded = true
    try {
      await this.#open?.close()
    } catch (error) {
      if (!(await this.#isFencedOff())) throw error
    }
  }

  /** Lets go of everything, and changes nothing: the lease is lost. */
  abandon(): void {
    this.#stopTimer()
    this.#hasEnded = true
    void this.#open?.abandon()
    this.#open = null
  }

  /** Seals what writers before have left, after it has made a folder of its own. Resolves with whether there is something to fold. */
  async #seal(path: string): Promise<boolean> {
    const { sessionId, assertNewest } = this.#identity
    const names = await this.#list(path)
    const leftovers = this.#leftoversAmong(names)
    this.#files.found(names)
    this.#isTidy = leftovers.length === 0 && !names.includes(MANIFEST_FILE) && !names.some(isTemporaryName)
    if (this.#isTidy) return false
    const seal = (folder: LeaseFolder): Promise<string> => onDisk({ verb: 'seal a journal in', path, sessionId }, () => sealLeaseFolder(path, folder))
    const namesake = leftovers.find(({ name }) => name === this.#own.name)
    const namesakes = namesake === undefined ? [] : [await seal(namesake)]
    // Had somebody taken over before the folders were listed, one of them could be theirs. To open one looks at the lock, too.
    if (this.#open === null) await this.#openIn(path)
    else await assertNewest()
    const sealed: string[] = []
    for (const folder of leftovers) if (folder !== namesake) sealed.push(folder.isSealed ? folder.name : await seal(folder))
    this.#sealed = [...sealed, ...namesakes]
    // Only now nobody else changes them.
    this.#files.found(await this.#list(path))
    return true
  }

  /** Oldest first: what is newer must not be gone while something older is still to be folded. */
  async #foldLeftovers(path: string): Promise<void> {
    const { sessionId, visit } = this.#identity
    const open = await this.#openIn(path)
    const isDurable = this.#tools.durability !== 'process'
    if (isDurable) await this.#syncLeftovers(path)
    await open.foldLeftovers(await readJournals(path, sessionId, isDurable))
    const temporary = (await this.#list(path)).filter(isTemporaryName)
    await onDisk({ verb: 'remove what was folded in', path, sessionId }, async () => {
      await removeFile(join(path, MANIFEST_FILE))
      for (const name of this.#sealed) await removeSealed(join(path, name), open.leaseFolder)
      // Those of a version without journals, which may be at work where there is no lease.
      if (visit === null) for (const name of temporary) await discard(join(path, name))
    })
    this.#sealed = []
    this.#isTidy = true
  }

  /** A fold that the loss of power cuts off is done again, and needs all that it had. */
  async #syncLeftovers(path: string): Promise<void> {
    await onDisk({ verb: 'sync what was left in', path, sessionId: this.#identity.sessionId }, async () => {
      for (const name of this.#sealed) await syncLeaseFolder(join(path, name))
      await syncFolder(path)
    })
  }

  /** In a copy of a session tokens begin anew, so that what was left may have any number. */
  #leftoversAmong(names: readonly string[]): LeaseFolder[] {
    const { token, isAlone } = this.#identity
    const isOwn = (folder: LeaseFolder): boolean => this.#open !== null && folder.name === this.#own.name
    return leaseFoldersAmong(names).filter((folder) => (isAlone || folder.token < token) && !isOwn(folder))
  }

  /** The folder to write to; `null` when there is none, and none is needed. */
  async #openFor(writes: readonly RecordWrite[]): Promise<OpenFolder | null> {
    const { folders } = this.#tools
    const { sessionId, assertNewest } = this.#identity
    if (this.#open !== null && this.#isTidy) return this.#open
    const { exists } = await folders.locate(sessionId)
    if (!exists) {
      await assertNewest()
      this.#files.found([])
      this.#isTidy = this.#identity.visit === null
      if (writes.every(({ changes }) => changes.every(({ value }) => value === null))) return null
    }
    const path = await folders.ensure(sessionId)
    // Those who write without a lease must see each other: whoever opens later finds the other.
    if (this.#identity.visit !== null) await this.#openIn(path)
    if (!this.#isTidy && (await this.#seal(path))) await this.#foldLeftovers(path)
    return this.#openIn(path)
  }

  async #openIn(path: string): Promise<OpenFolder> {
    const { sessionId, visit, assertNewest } = this.#identity
    const place = { sessionId, path, leaseFolder: join(path, this.#own.name), isVisit: visit !== null }
    this.#open ??= await OpenFolder.open(place, this.#tools, this.#files, assertNewest)
    return this.#open
  }

  /** A disk without room for a folder, or a journal that cannot be folded, must not keep a session from being deleted. */
  async #openToRemove(path: string): Promise<OpenFolder | null> {
    try {
      if (!this.#isTidy && (await this.#seal(path))) await this.#foldLeftovers(path)
      return await this.#openIn(path)
    } catch (error) {
      if (isSessionError(error, 'STALE_WRITER')) throw error
      return this.#open
    }
  }

  #foldSoon(open: OpenFolder): void {
    if (this.#hasEnded || open.isFolded) return
    if (open.isLong) void this.#foldInBackground(open)
    else this.#foldAfter(FOLD_AFTER_MS, open)
  }

  #foldAfter(delayMs: number, open: OpenFolder): void {
    // A process that wants to end is not kept: the journal has everything.
    this.#timer ??= setTimeout(() => void this.#foldInBackground(open), delayMs).unref()
  }

  async #foldInBackground(open: OpenFolder): Promise<void> {
    this.#stopTimer()
    let delayMs = FOLD_AFTER_MS
    try {
      await open.fold()
    } catch {
      delayMs = FOLD_AGAIN_AFTER_MS
      // Perhaps somebody has taken over; that ends this writer.
      await this.#identity.assertNewest().catch(() => undefined)
    }
    if (!this.#hasEnded && this.#open === open && !open.isFolded) this.#foldAfter(delayMs, open)
  }

  async #isFolderGone(error: unknown): Promise<boolean> {
    const { folders } = this.#tools
    const { sessionId } = this.#identity
    if (!isSessionError(error) || errorCode(error.cause) !== 'ENOENT') return false
    folders.forget(sessionId)
    if (await folders.isGone(sessionId)) return true
    const { path } = await folders.locate(sessionId)
    // Another who writes without a lease has made it anew, or took that of this writer for one that was left.
    return !(await namesIn(path).catch((): string[] => [])).includes(this.#own.name)
  }

  /** Whether somebody has taken over, who folds what this writer has left. */
  async #isFencedOff(): Promise<boolean> {
    try {
      await this.#identity.assertNewest()
      return false
    } catch (error) {
      return isSessionError(error, 'STALE_WRITER')
    }
  }

  #forget(): void {
    this.#stopTimer()
    this.#tools.folders.forget(this.#identity.sessionId)
    void this.#open?.abandon()
    this.#open = null
    this.#isTidy = false
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #list(path: string): Promise<string[]> {
    return onDisk({ verb: 'list', path, sessionId: this.#identity.sessionId }, () => namesIn(path))
  }
}
