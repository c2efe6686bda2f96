import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../../errors.js'
import { type Holder, judgeCopied, judgeHolder, parseHolder } from '../../lease/holder.js'
import type { HolderSign, LeaseKey, LockEntry, LockTable, ReleaseOptions } from '../../lease/lock-table.js'
import { discard, makeFolder, onDisk, writeTemporary } from './disk.js'
import { sessionIdOfFolder } from './session-folder-name.js'
import { type NewestToken, readWithTime, TokenFiles } from './token-files.js'

/** Where a {@link FileLockTable} has its files. */
export interface FileLockTableOptions {
  /** A folder on the disk that the locks guard. */
  folder: string
  /** Where in it the lock of a session is. */
  placeOf: (sessionId: string) => Promise<LockPlace>
  /** The folder of the heartbeats; `null` when holders never beat, because they hold a lock for a moment only. */
  heartbeats: string | null
  /** Called before a lock is taken: rejects when the session could not be written anyway. */
  assertWritable?: (sessionId: string) => Promise<void>
}

/** A lock as its files tell it. */
export interface FileLockEntry extends LockEntry {
  /** The newest token where older versions look; 0 when that is no other place. */
  readonly olderToken: number
}

/** The newest token in one place. */
interface FoundToken {
  readonly token: number
  readonly holder: HolderSign | null
  /** What it stands for; `folder` when there is none. */
  readonly mark: LockMark
}

/** A token that was taken here. */
interface ClaimedToken {
  readonly token: number
  readonly place: LockPlace
  /** The token that keeps older versions away; `null` when none is needed. */
  readonly guard: number | null
}

/** How often a lock may change under the eyes of one who looks. */
const LOOKS = 100
/** Heartbeats of processes that died are kept this long. */
const KEEP_DEAD_MS = 24 * 60 * 60 * 1000
/** A heartbeat is written over, and never cut: the files of the tokens are links to it, and must be whole for whoever looks at them. */
const OVERWRITE = constants.O_WRONLY | constants.O_CREAT

/**
 * Locks as files, for the processes that share a disk: one for each token, and one for each holder that it writes anew to show that it
 * lives. That one says who the holder is, and is linked as the file of each of its tokens. It also says in which folder they are: what
 * came with a copy of that holds nothing in the copy.
 */
export class FileLockTable implements LockTable<FileLockEntry> {
  readonly #options: FileLockTableOptions
  readonly #claimed = new Map<string, ClaimedToken>()
  #claims = 0
  /** The first beat, as long as its file is there. */
  #firstBeat: Promise<void> | undefined

  /** Touches nothing on the disk yet. */
  constructor(options: FileLockTableOptions) {
    this.#options = options
  }

  async look(sessionId: string): Promise<FileLockEntry> {
    return this.#onDisk('read', sessionId, async () => {
      const { tokens, olderTokens } = await this.#placeOf(sessionId)
      const own = await this.#lookAt(tokens)
      const older = olderTokens === null ? NO_TOKEN : await this.#lookAt(olderTokens)
      // A guard stands in the way of older versions alone, and what this version holds where they look is the lock of another folder.
      const holders = [own.mark === 'guard' ? null : own.holder, older.mark === 'older' ? older.holder : null]
      return { token: own.token, olderToken: older.token, holders: holders.filter((holder) => holder !== null) }
    })
  }

  /** The newest token of a session, for a fraction of what {@link look} costs, and whether somebody may hold the lock. */
  async newest(sessionId: string): Promise<NewestToken> {
    return this.#onDisk('read', sessionId, async () => {
      const { tokens, olderTokens } = await this.#placeOf(sessionId)
      const { token, isHeld } = await tokens.newest()
      return { token, isHeld: isHeld || olderTokens !== null }
    })
  }

  async claim(sessionId: string, seen: FileLockEntry, holder: Holder): Promise<number | null> {
    // At once: a login waits for both.
    const checking = this.#options.assertWritable?.(sessionId) ?? Promise.resolve()
    const [checked, claimed] = await Promise.allSettled([checking, this.#tryToClaim(sessionId, seen, holder)])
    if (claimed.status === 'rejected') throw checked.status === 'rejected' ? checked.reason : claimed.reason
    if (checked.status === 'fulfilled') return claimed.value
    const isLast = this.#claims === 0 && this.#claimed.size === 1
    if (claimed.value !== null) await this.release({ sessionId, token: claimed.value, nonce: holder.nonce }, { isLast })
    throw checked.reason
  }

  #tryToClaim(sessionId: string, seen: FileLockEntry, holder: Holder): Promise<number | null> {
    return this.#onDisk('lock', sessionId, async () => {
      const place = await this.#placeOf(sessionId)
      this.#claims += 1
      try {
        return await this.#claim({ sessionId, place, seen, holder })
      } finally {
        this.#claims -= 1
        if (this.#claims + this.#claimed.size === 0) await this.#stopBeating(holder.nonce)
      }
    })
  }

  async release({ sessionId, token, nonce }: LeaseKey, { isLast }: ReleaseOptions): Promise<void> {
    await this.#onDisk('release the lock in', sessionId, async () => {
      const claimed = this.#claimed.get(sessionId)
      if (claimed?.token !== token) return
      await claimed.place.tokens.release(token)
      if (claimed.guard !== null) await claimed.place.olderTokens?.release(claimed.guard)
      this.#claimed.delete(sessionId)
    })
    if (isLast) await this.#stopBeating(nonce)
  }

  async beat(holder: Holder): Promise<boolean> {
    const { heartbeats } = this.#options
    if (heartbeats === null) return true
    await this.#onDisk('record that this process is alive in', undefined, async () => {
      const text = textOf(holder, 'folder', await inodeOf(this.#options.folder))
      await writeFile(heartbeatPath(heartbeats, holder.nonce), text, { flag: OVERWRITE, mode: 0o600 })
    })
    return true
  }

  /** By the clock that also dates the heartbeats: the machines that share a disk may disagree. */
  async now(): Promise<number> {
    try {
      const path = await writeTemporary(this.#options.folder, 'now', { isDurable: false })
      try {
        return (await stat(path)).mtimeMs
      } finally {
        await discard(path)
      }
    } catch {
      // It may only read here; then its own clock must do.
      return Date.now()
    }
  }

  async #claim({ sessionId, place, seen, holder }: { sessionId: string; place: LockPlace; seen: FileLockEntry; holder: Holder }): Promise<number | null> {
    const { tokens, olderTokens } = place
    // Beyond both, so that a token of an older version is older here, too.
    const token = Math.max(seen.token, seen.olderToken) + 1
    // One text for all its leases, so that the file of each can be a link to that of the heartbeat.
    const heartbeat = await this.#startBeating(holder)
    if (!(await tokens.claim(token, () => this.#textOf(holder, 'folder'), heartbeat))) return null
    let guard: number | null | 'refused' = 'refused'
    try {
      guard = olderTokens === null ? null : await this.#guard(olderTokens, seen.olderToken, holder)
    } finally {
      if (guard === 'refused') await tokens.release(token)
    }
    if (guard === 'refused') return null
    this.#claimed.set(sessionId, { token, place, guard })
    return token
  }

  /** Takes a token where older versions look, to keep them away; none where this version does that already. Refused when somebody was faster. */
  async #guard(olderTokens: TokenFiles, seenToken: number, holder: Holder): Promise<number | null | 'refused'> {
    const { token, holder: other, mark } = await this.#lookAt(olderTokens)
    if (mark !== 'older' && other !== null && (await mayLive(other, holder))) return null
    if (token !== seenToken || !(await olderTokens.claim(token + 1, () => this.#textOf(holder, 'guard')))) return 'refused'
    return token + 1
  }

  async #lookAt(tokens: TokenFiles): Promise<FoundToken> {
    for (let looks = 0; looks < LOOKS; looks++) {
      const { token, isHeld } = await tokens.newest()
      if (!isHeld) return { ...NO_TOKEN, token }
      const file = await tokens.read(token)
      // Gone already: there is a newer one to look at.
      if (file === null) continue
      const { text, writtenAt } = file
      const lastSignAt = Math.max(writtenAt, await this.#lastBeat(text))
      return { token, holder: { text, lastSignAt, isOfCopy: await this.#isOfCopy(text) }, mark: markIn(text) }
    }
    throw new Error(`the newest lock file disappeared ${LOOKS} times while it was being read`)
  }

  /** Versions that did not say in which folder a token is could not tell. */
  async #isOfCopy(text: string): Promise<boolean> {
    const inode = inodeIn(text)
    return inode !== null && inode !== (await inodeOf(this.#options.folder))
  }

  async #textOf(holder: Holder, lock: LockMark): Promise<string> {
    const { folder } = this.#options
    try {
      return textOf(holder, lock, await inodeOf(folder))
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
      await makeFolder(folder)
      return textOf(holder, lock, await inodeOf(folder))
    }
  }

  async #lastBeat(text: string): Promise<number> {
    const { heartbeats } = this.#options
    const nonce = parseHolder(text)?.nonce
    if (heartbeats === null || nonce === undefined) return 0
    return (await readWithTime(heartbeatPath(heartbeats, nonce)))?.writtenAt ?? 0
  }

  /** Resolves with the file of the heartbeat when there is a beat to be seen. */
  async #startBeating(holder: Holder): Promise<string | undefined> {
    const { heartbeats } = this.#options
    if (heartbeats === null) return undefined
    this.#firstBeat ??= this.#beatFirst(holder, heartbeats).catch((error: unknown) => {
      this.#firstBeat = undefined
      throw error
    })
    await this.#firstBeat
    return heartbeatPath(heartbeats, holder.nonce)
  }

  async #beatFirst(holder: Holder, heartbeats: string): Promise<void> {
    await makeFolder(heartbeats)
    await this.beat(holder)
    for (const name of await readdir(heartbeats)) {
      const path = join(heartbeats, name)
      const found = await stat(path).catch(() => null)
      if (found !== null && found.mtimeMs < Date.now() - KEEP_DEAD_MS) await rm(path, { force: true })
    }
  }

  async #stopBeating(nonce: string): Promise<void> {
    const { heartbeats } = this.#options
    this.#firstBeat = undefined
    if (heartbeats !== null) await discard(heartbeatPath(heartbeats, nonce))
  }

  async #placeOf(sessionId: string): Promise<LockPlace> {
    return this.#claimed.get(sessionId)?.place ?? this.#options.placeOf(sessionId)
  }

  #onDisk<Result>(verb: string, sessionId: string | undefined, work: () => Promise<Result>): Promise<Result> {
    return onDisk({ verb, path: this.#options.folder, sessionId }, work)
  }
}

/** Where the lock of a session is. */
export interface LockPlace {
  /** Its tokens. Every store that reaches the session's folder finds them here, whatever id and prefix lead it there. */
  readonly tokens: TokenFiles
  /** Where an older version looks, which went by the id alone; `null` when that is the same place. */
  readonly olderTokens: TokenFiles | null
}

/**
 * What a token's file says of it:
 *
 * - `folder`: its holder has the lock of a folder;
 * - `guard`: its holder has the lock of another folder, and keeps older versions away from that one. It stands in nobody else's way;
 * - `older`: it was made by an older version, so that nobody knows which folder its holder uses.
 */
type LockMark = 'folder' | 'guard' | 'older'

const NO_TOKEN: FoundToken = { token: 0, holder: null, mark: 'folder' }

/** How many folders the tokens of all sessions share. One for each would cost more to make than all else that a lease does. */
const TOKEN_FOLDERS = 64

/** Older versions went by the id. Under the prefix that most use, the lock is where they look, so that these and older ones see each other. */
const USUAL_PREFIX = 'session-'

/** The place of a session's lock below the folder of the locks. Without the name of the session's folder it goes by the id. */
export function lockPlaceOf(locks: string, sessionId: string, folderName?: string): LockPlace {
  const older = digestOf(sessionId)
  const own = folderName === undefined ? older : digestOfFolder(folderName)
  return { tokens: tokensOf(locks, own), olderTokens: own === older ? null : tokensOf(locks, older) }
}

/** Reads the mark in the text of a token's file. */
function markIn(text: string): LockMark {
  const mark = /"lock": ?"(\w+)"/u.exec(text)?.[1]
  return mark === 'folder' || mark === 'guard' ? mark : 'older'
}

/** A folder goes by the id under which it is known without a prefix, so that both spellings of one session share a lock. */
function digestOfFolder(folderName: string): string {
  const id = folderName.startsWith(USUAL_PREFIX) ? sessionIdOfFolder(USUAL_PREFIX, folderName) : null
  return id === null ? digestOf(sessionIdOfFolder('', folderName) ?? folderName, 'folder ') : digestOf(id)
}

/** A digest, because names of any length and spelling must stay apart on any disk; of UTF-16, which alone has half characters. */
function digestOf(id: string, kind = ''): string {
  // No id is the other kind's: UTF-16 has an even number of bytes, and the word has an odd one.
  return createHash('sha256').update(kind).update(id, 'utf16le').digest('hex').slice(0, 40)
}

function textOf(holder: Holder, lock: LockMark, inode: string): string {
  return `${JSON.stringify({ ...holder, lock, inode }, null, 2)}\n`
}

/**
 * Tells a folder from a copy of it. Not by the disk as well, which has another number wherever a network disk is mounted once more.
 * Always of the same length, since a heartbeat is written over.
 */
async function inodeOf(folder: string): Promise<string> {
  const { ino } = await stat(folder, { bigint: true })
  return String(ino).padStart(20, '0')
}

/** Reads in the text of a token's file which folder it was made in; `null` when it does not say. */
function inodeIn(text: string): string | null {
  return /"inode": ?"(\d+)"/u.exec(text)?.[1] ?? null
}

async function mayLive({ text, isOfCopy = false }: HolderSign, self: Holder): Promise<boolean> {
  const holder = parseHolder(text)
  return holder === null || (await (isOfCopy ? judgeCopied : judgeHolder)(holder, self)) !== 'dead'
}

/** Where a holder's heartbeat is. The nonce came from a file, so it is held to what this library makes. */
function heartbeatPath(folder: string, nonce: string): string {
  return join(folder, nonce.replace(/[^0-9a-f]/g, ''))
}

function tokensOf(locks: string, digest: string): TokenFiles {
  const shared = Number.parseInt(digest.slice(0, 2), 16) % TOKEN_FOLDERS
  return new TokenFiles(join(locks, String(shared)), `${digest}.`)
}
