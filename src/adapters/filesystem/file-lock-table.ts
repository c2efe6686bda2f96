import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../../errors.js'
import { type Holder, judgeCopied, judgeHolder, parseHolder } from '../../lease/holder.js'
import type { HolderSign, LeaseKey, LockEntry, LockTable, ReleaseOptions } from '../../lease/lock-table.js'
import { discard, makeFolder, onDisk, writeTemporary } from './disk.js'
import { FileClusterTable } from './file-cluster-table.js'
import { HeartbeatFiles } from './heartbeat-files.js'
import { holderText, inodeIn, inodeOf, type LockMark, markIn } from './holder-text.js'
import { sessionIdOfFolder } from './session-folder-name.js'
import { type NewestToken, TokenFiles } from './token-files.js'

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
  /** Who else may hold the lock, by files that are none of these. They are asked again once a lock is taken: they may have been faster. */
  holdersElsewhere?: (sessionId: string) => Promise<readonly HolderSign[]>
}

/** Locks as files, and how a store that checks tokens asks for the newest. */
export interface FileLocks extends LockTable<FileLockEntry> {
  /** The newest token of a session, for a fraction of what `look` costs, and whether somebody may hold the lock. */
  newest(sessionId: string): Promise<NewestToken>
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

/**
 * Locks as files, for the processes that share a disk: one for each token, and one for each holder that it writes anew to show that it
 * lives. That one says who the holder is, and is linked as the file of each of its tokens. It also says in which folder they are: what
 * came with a copy of that holds nothing in the copy.
 */
export class FileLockTable implements FileLocks {
  readonly #options: FileLockTableOptions
  readonly #claimed = new Map<string, ClaimedToken>()
  #claims = 0
  readonly #heartbeats: HeartbeatFiles | null
  readonly cluster?: FileClusterTable

  /** Touches nothing on the disk yet. */
  constructor(options: FileLockTableOptions) {
    const { folder, heartbeats } = options
    this.#options = options
    this.#heartbeats = heartbeats === null ? null : new HeartbeatFiles(folder, heartbeats)
    if (this.#heartbeats === null) return
    const look = (sessionId: string): Promise<FileLockEntry> => this.look(sessionId)
    this.cluster = new FileClusterTable({ guarded: folder, folder: join(folder, 'cluster'), heartbeats: this.#heartbeats, look })
  }

  async look(sessionId: string): Promise<FileLockEntry> {
    return this.#onDisk('read', sessionId, async () => {
      const { tokens, olderTokens } = await this.#placeOf(sessionId)
      const own = await this.#lookAt(tokens)
      const older = olderTokens === null ? NO_TOKEN : await this.#lookAt(olderTokens)
      this.cluster?.own.saw(sessionId, own.token)
      // A guard stands in the way of older versions alone, and what this version holds where they look is the lock of another folder.
      const holders = [own.mark === 'guard' ? null : own.holder, older.mark === 'older' ? older.holder : null].filter((holder) => holder !== null)
      return { token: own.token, olderToken: older.token, holders: [...holders, ...(await this.#holdersElsewhere(sessionId))] }
    })
  }

  async newest(sessionId: string): Promise<NewestToken> {
    return this.#onDisk('read', sessionId, async () => {
      const { tokens, olderTokens } = await this.#placeOf(sessionId)
      const { token, isHeld } = await tokens.newest()
      this.cluster?.own.saw(sessionId, token)
      return { token, isHeld: isHeld || olderTokens !== null }
    })
  }

  async claim(sessionId: string, seen: FileLockEntry, holder: Holder): Promise<number | null> {
    // At once: a login waits for both.
    const checking = this.#options.assertWritable?.(sessionId) ?? Promise.resolve()
    const [checked, claimed] = await Promise.allSettled([checking, this.#tryToClaim(sessionId, seen, holder)])
    if (claimed.status === 'rejected') throw checked.status === 'rejected' ? checked.reason : claimed.reason
    if (checked.status === 'fulfilled') return claimed.value
    const isLast = this.#claims === 0 && this.#claimed.size === 1 && this.cluster?.own.hasEntered !== true
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
        await this.stopIfIdle(holder.nonce)
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
      this.cluster?.own.gaveBack(sessionId, token)
    })
    if (isLast) await this.#stopBeating(nonce)
  }

  /** Whether this process shows here that it lives. */
  get isInUse(): boolean {
    return this.#claims + this.#claimed.size > 0 || this.cluster?.own.hasEntered === true
  }

  /** Removes what beats have left behind when nothing is held here. */
  async stopIfIdle(nonce: string): Promise<void> {
    if (!this.isInUse) await this.#stopBeating(nonce)
  }

  async beat(holder: Holder): Promise<boolean> {
    await this.#onDisk('record that this process is alive in', undefined, async () => this.#heartbeats?.beat(holder))
    await this.cluster?.own.writeAgain().catch(() => undefined)
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
    const heartbeat = await this.#heartbeats?.start(holder)
    if (!(await tokens.claim(token, () => this.#textOf(holder, 'folder'), heartbeat))) return null
    let guard: number | null | 'refused' = 'refused'
    try {
      const isFirst = (await this.#holdersElsewhere(sessionId)).every((other) => wasSeen(other, seen))
      if (isFirst) guard = olderTokens === null ? null : await this.#guard(olderTokens, seen.olderToken, holder)
    } finally {
      if (guard === 'refused') await tokens.release(token)
    }
    if (guard === 'refused') return null
    this.#claimed.set(sessionId, { token, place, guard })
    this.cluster?.took(sessionId, token, holder)
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
      const nonce = parseHolder(text)?.nonce
      const lastBeatAt = nonce === undefined ? 0 : ((await this.#heartbeats?.last(nonce)) ?? 0)
      const lastSignAt = Math.max(writtenAt, lastBeatAt)
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
      return holderText(holder, lock, await inodeOf(folder))
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
      await makeFolder(folder)
      return holderText(holder, lock, await inodeOf(folder))
    }
  }

  async #stopBeating(nonce: string): Promise<void> {
    await this.#heartbeats?.stop(nonce)
    await this.cluster?.own.remove(nonce).catch(() => undefined)
  }

  #holdersElsewhere(sessionId: string): Promise<readonly HolderSign[]> {
    return this.#options.holdersElsewhere?.(sessionId) ?? Promise.resolve([])
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

/** Whoever claims has judged those that were there before, and found none of them alive. */
function wasSeen({ text, lastSignAt }: HolderSign, { holders }: FileLockEntry): boolean {
  return holders.some((holder) => holder.text === text && holder.lastSignAt === lastSignAt)
}

async function mayLive({ text, isOfCopy = false }: HolderSign, self: Holder): Promise<boolean> {
  const holder = parseHolder(text)
  return holder === null || (await (isOfCopy ? judgeCopied : judgeHolder)(holder, self)) !== 'dead'
}

function tokensOf(locks: string, digest: string): TokenFiles {
  const shared = Number.parseInt(digest.slice(0, 2), 16) % TOKEN_FOLDERS
  return new TokenFiles(join(locks, String(shared)), `${digest}.`)
}
