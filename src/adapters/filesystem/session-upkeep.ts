import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { discard, isTemporaryName, namesIn } from './atomic-file.js'
import { type BatchFinish, finishBatch, MANIFEST_FILE, type PendingBatch, readManifest } from './batch-manifest.js'
import { NAMES_FILE, namesOf, readRecordNames, RecordNames } from './record-names.js'
import { onDisk } from './storage-failure.js'

/** What a store works on: the folder of a session under a token, if there is one. */
export interface FolderUse extends Omit<BatchFinish, 'pending'> {
  /** The token of the lease under which it is used. */
  fencingToken: number | undefined
}

/** A folder that nobody else changes: this store holds the lease, and has put the folder in order. */
interface OwnFolder {
  readonly token: number
  /** The table of names, once it was read. */
  names: RecordNames | null
}

/** A temporary file of a process without a lease is spared for this long: it may be at work. */
const ABANDONED_AFTER_MS = 60_000

const NOTHING: PendingBatch = { writes: new Map(), removals: new Set(), names: null }

/**
 * Puts the folders of sessions in order as a process that died has left them, and remembers which ones need no second look for as
 * long as their lease is held.
 */
export class SessionUpkeep {
  readonly #holdsToken: (sessionId: string, token: number) => boolean
  readonly #own = new Map<string, OwnFolder>()
  /** Sessions whose folder was put in order before the first write. */
  readonly #tidied = new Set<string>()

  /** Takes what tells whether this store holds the lease of a token. */
  constructor(holdsToken: (sessionId: string, token: number) => boolean) {
    this.#holdsToken = holdsToken
  }

  /** Puts a folder in order, when this is its first use. Afterwards it holds no batch that is not carried out. */
  async prepare(use: FolderUse): Promise<void> {
    const { folder, sessionId, fencingToken } = use
    if (fencingToken !== undefined && this.#own.get(sessionId)?.token === fencingToken) return
    const isOwn = fencingToken !== undefined && this.#holdsToken(sessionId, fencingToken)
    if (isOwn || !this.#tidied.has(sessionId)) {
      const names = await tidyFolder(use)
      this.#tidied.add(sessionId)
      if (isOwn && this.#holdsToken(sessionId, fencingToken)) this.#own.set(sessionId, { token: fencingToken, names })
      return
    }
    const pending = await readManifest(folder, sessionId)
    if (pending === null) return
    await use.beforeCommit()
    await finishBatch({ ...use, pending })
  }

  /** The batch that counts and is still to be carried out, if there is one. */
  async pendingIn(folder: string, sessionId: string): Promise<PendingBatch | null> {
    return this.#own.has(sessionId) ? null : readManifest(folder, sessionId)
  }

  /** The table of names of a folder. */
  async namesIn(folder: string, sessionId: string, pending: PendingBatch | null): Promise<RecordNames> {
    if (pending !== null && pending.names !== null) return namesOf(pending.names)
    const own = this.#own.get(sessionId)
    if (own === undefined) return readRecordNames(folder, sessionId)
    if (own.names === null) {
      const names = await readRecordNames(folder, sessionId)
      // Somebody may put it right.
      if (names.isDamaged) return names
      // A write may have been faster.
      own.names ??= names
    }
    return own.names
  }

  /** To be told of each write that was made, with the names from then on. */
  wrote({ sessionId, fencingToken }: FolderUse, names: RecordNames): void {
    const own = this.#own.get(sessionId)
    if (own === undefined) return
    if (own.token === fencingToken) own.names = names.isDamaged ? null : names
    // A write of an earlier lease that ends only now: others may have named records in between.
    else this.forget(sessionId)
  }

  /** To be told when a folder may not be what it was: the next use looks at it again. */
  forget(sessionId: string): void {
    this.#own.delete(sessionId)
    this.#tidied.delete(sessionId)
  }
}

/** Carries out the batch that counts, and removes what is left over. Gives the table of names when it is known to be empty. */
async function tidyFolder(use: FolderUse): Promise<RecordNames | null> {
  const { folder, sessionId, fencingToken, limit } = use
  const names = await onDisk({ verb: 'list', path: folder, sessionId }, () => namesIn(folder))
  const leftOver = names.filter(isTemporaryName)
  const hasManifest = names.includes(MANIFEST_FILE)
  if (hasManifest || leftOver.length > 0) await use.beforeCommit()
  if (hasManifest) await finishBatch({ ...use, pending: (await readManifest(folder, sessionId)) ?? NOTHING })
  await limit.map(leftOver, async (name) => {
    const path = join(folder, name)
    if (fencingToken !== undefined || (await isAbandoned(path))) await discard(path)
  })
  return hasManifest || names.includes(NAMES_FILE) ? null : new RecordNames()
}

async function isAbandoned(path: string): Promise<boolean> {
  return lstat(path).then(
    ({ mtimeMs }) => mtimeMs < Date.now() - ABANDONED_AFTER_MS,
    () => false,
  )
}
