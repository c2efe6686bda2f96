import { errorCode } from '../../errors.js'
import type { ClusterChanges, ClusterTable, HolderNote, ProcessEntry } from '../../lease/cluster-table.js'
import { type Holder, parseHolder } from '../../lease/holder.js'
import type { HolderSign, LeaseKey, ReleaseOptions } from '../../lease/lease-key.js'
import type { LockEntry } from '../../lease/lock-table.js'
import { onDisk, writeNewFile } from './disk.js'
import { type CachedFile, FolderCache, type FolderContents } from './folder-cache.js'
import { type HeartbeatFiles, nameOf, removeLongDead } from './heartbeat-files.js'
import { holderText, inodeIn, inodeOf } from './holder-text.js'
import { changedLocks, formatPosition, heldLocks, newestPosition, parsePosition } from './member-changes.js'
import { drainPath, MemberFile, type MemberName } from './member-file.js'
import { type MemberRecord, parseMember } from './member-record.js'

/** Where a {@link FileClusterTable} has its files. */
export interface FileClusterTableOptions {
  /** The folder that the locks guard. */
  guarded: string
  /** The folder of the members' files, in it. */
  folder: string
  /** The heartbeats of all who hold a lock or are members. */
  heartbeats: HeartbeatFiles
  /** How a lock is, by its files. */
  look: (sessionId: string) => Promise<LockEntry>
}

/** What the processes that share a disk say. */
interface Said {
  readonly members: FolderContents<MemberRecord>
  readonly beats: FolderContents<string>
  /** Of the folder that the locks guard; an empty text when it is not there. */
  readonly inode: string
}

/**
 * What the processes that share a disk say of themselves and of their locks: one file for each, which only it writes, a few times a second
 * at most. So a change is told a moment after it happened. Who has never announced or noted anything has none: its locks are told by
 * `holdersOf` alone, and `changes` only names it.
 */
export class FileClusterTable implements ClusterTable {
  /** What this process says. */
  readonly own: MemberFile
  readonly #options: FileClusterTableOptions
  readonly #members: FolderCache<MemberRecord>
  readonly #beats: FolderCache<string>
  /** Who holds the locks that are held here. */
  #holder: Holder | null = null
  #isClean = false

  /** Touches nothing on the disk yet. */
  constructor(options: FileClusterTableOptions) {
    this.#options = options
    this.own = new MemberFile(options.folder)
    this.#members = new FolderCache(options.folder, parseMember)
    this.#beats = new FolderCache(options.heartbeats.folder, (text) => text)
  }

  /** A lock was taken here. */
  took(sessionId: string, token: number, holder: Holder): void {
    this.#holder = holder
    this.own.took(sessionId, token)
  }

  async enter(holder: Holder, text: string): Promise<boolean> {
    await this.#onDisk('announce this process in', async () => {
      await this.#options.heartbeats.start(holder)
      await this.own.enter(await this.#nameOf(holder), text)
      if (!this.#isClean) await this.#clean()
    })
    return true
  }

  async leave(nonce: string, { isLast }: ReleaseOptions): Promise<void> {
    await this.#onDisk('take the announcement of this process out of', async () => {
      await this.own.leave(nonce, isLast)
      if (isLast) await this.#options.heartbeats.stop(nonce)
    })
  }

  async note(lease: LeaseKey, text: string): Promise<void> {
    // At once, so that of two the later one counts.
    const holder = this.own.note(lease, text) ? this.#holder : null
    if (holder === null) return
    await this.#onDisk(`note the state of session "${lease.sessionId}" in`, async () => this.own.keep(await this.#nameOf(holder)))
  }

  async holdersOf(sessionId: string): Promise<readonly HolderNote[]> {
    const { token, holders } = await this.#options.look(sessionId)
    if (holders.length === 0) return []
    const said = await this.#onDisk('read what other processes say in', () => this.#read())
    return holders.map((sign) => {
      const lock = memberOf(said, sign.text)?.content.locks.get(sessionId)
      return { process: processOf(said, sign), note: lock?.token === token && lock.endedAt === null ? lock.note : null }
    })
  }

  async changes(cursor: string | null): Promise<ClusterChanges> {
    const said = await this.#onDisk('read what other processes say in', () => this.#read())
    const members = new Map([...said.members.files].map(([nonce, { content }]) => [nonce, content]))
    const told = cursor === null ? null : parsePosition(cursor)
    const isComplete = told?.inode !== said.inode
    return {
      cursor: formatPosition(newestPosition(said.inode, members)),
      isComplete,
      processes: processesOf(said),
      locks: told === null || isComplete ? heldLocks(members) : changedLocks(members, told),
    }
  }

  async askToDrain(nonce: string): Promise<boolean> {
    return this.#onDisk('ask a process to drain in', async () => {
      const { files } = await this.#members.read()
      if ((files.get(nonce)?.content.entered ?? null) === null) return false
      await writeNewFile(drainPath(this.#options.folder, nonce), '', { isDurable: false }).catch((error: unknown) => {
        if (errorCode(error) !== 'EEXIST') throw error
      })
      return true
    })
  }

  async #read(): Promise<Said> {
    const [members, beats, inode] = await Promise.all([this.#members.read(), this.#beats.read(), inodeIfThere(this.#options.guarded)])
    return { members, beats, inode }
  }

  /** The files of those that died long ago go. Who lives beats, but may have had nothing to say for as long. */
  async #clean(): Promise<void> {
    const { folder } = this.#options
    const { names } = await this.#beats.read()
    await removeLongDead(folder, (name) => names.has(name.replace(/\.drain$/u, '')))
    this.#isClean = true
  }

  async #nameOf(holder: Holder): Promise<MemberName> {
    return { nonce: holder.nonce, text: holderText(holder, 'folder', await inodeOf(this.#options.guarded)) }
  }

  #onDisk<Result>(verb: string, work: () => Promise<Result>): Promise<Result> {
    return onDisk({ verb, path: this.#options.folder }, work)
  }
}

async function inodeIfThere(folder: string): Promise<string> {
  return inodeOf(folder).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error
    return ''
  })
}

/** Everybody who beats or has said something. */
function processesOf(said: Said): ProcessEntry[] {
  const signs = new Map<string, HolderSign>()
  for (const [name, { content, writtenAt }] of said.members.files) signs.set(name, signOf(said, content.holder, writtenAt))
  for (const [name, { content, writtenAt }] of said.beats.files) signs.set(name, signOf(said, content, writtenAt))
  return [...signs.values()].map((sign) => processOf(said, sign))
}

function signOf(said: Said, text: string, lastSignAt: number): HolderSign {
  const inode = inodeIn(text)
  return { text, lastSignAt, isOfCopy: inode !== null && inode !== said.inode }
}

function processOf(said: Said, sign: HolderSign): ProcessEntry {
  const nonce = parseHolder(sign.text)?.nonce ?? ''
  const member = memberOf(said, sign.text)
  const entered = member?.content.entered ?? null
  return {
    ...sign,
    lastSignAt: Math.max(sign.lastSignAt, member?.writtenAt ?? 0),
    entered,
    isAskedToDrain: entered !== null && said.members.names.has(`${nonce}.drain`),
    leaseLeftMs: null,
  }
}

function memberOf(said: Said, holder: string): CachedFile<MemberRecord> | undefined {
  return said.members.files.get(nameOf(parseHolder(holder)?.nonce ?? ''))
}
