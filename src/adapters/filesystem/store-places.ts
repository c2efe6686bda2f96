import { basename, dirname, join } from 'node:path'
import type { OperationLimit } from '../../async/order-of-work.js'
import { SessionError } from '../../errors.js'
import { type FileLocks, FileLockTable, lockPlaceOf } from './file-lock-table.js'
import { FileLockTables } from './file-lock-tables.js'
import type { ResolvedStoreOptions } from './filesystem-session-store-options.js'
import { NamedFolder, realPathOf } from './named-folder.js'
import { assertSessionId, HIDDEN_FOLDER } from './session-folder-name.js'
import { SessionFolders } from './session-folders.js'
import type { SessionLocator } from './session-locator.js'
import { StoreFormat } from './store-format.js'

/** Where sessions are: a directory with a folder for each, or the folder of one. What keeps them is beside or in it. */
export interface StorePlace {
  readonly folders: SessionLocator
  readonly format: StoreFormat
  readonly table: FileLockTable
}

/** The places of a store's sessions. */
export class StorePlaces {
  /** The locks of all of them. */
  readonly locks: FileLocks
  readonly #directory: StorePlace | null
  readonly #named: ReadonlyMap<string, StorePlace>

  /** Touches nothing on the disk. */
  constructor(options: ResolvedStoreOptions) {
    const { directory, folders } = options
    const named = new NamedPaths(options)
    this.#directory = directory === null ? null : directoryPlace(directory, named, options)
    this.#named = new Map([...folders].map(([sessionId, path]) => [sessionId, folderPlace(path, sessionId, named, options)]))
    const tables = [...(this.#directory === null ? [] : [this.#directory]), ...this.#named.values()].map(({ table }) => table)
    const [only] = tables
    this.locks = this.#named.size === 0 && only !== undefined ? only : new FileLockTables(tables, (sessionId) => this.of(sessionId).table)
  }

  /** Where a session is, or would be. Throws `INVALID_SESSION_ID` for one that has no place. */
  of(sessionId: string): StorePlace {
    const place = this.#named.get(sessionId) ?? this.#directory
    if (place !== null) return place
    assertSessionId(sessionId)
    throw new SessionError(
      'INVALID_SESSION_ID',
      `This store has no folder for session ${JSON.stringify(sessionId)}. Name one in its option "folders", or give it a "directory" for all other sessions.`,
      { sessionId },
    )
  }

  /** The ids of all sessions that have a folder. One named folder that cannot be looked at counts as one. */
  async list(limit: OperationLimit): Promise<string[]> {
    const inDirectory = this.#directory === null ? [] : await listIn(this.#directory, limit)
    const named = await Promise.allSettled([...this.#named.values()].map((place) => listIn(place, limit)))
    const failed = named.filter((result) => result.status === 'rejected')
    if (this.#directory === null && failed[0] !== undefined && failed.length === named.length) throw failed[0].reason
    const isListed = (index: number): boolean => {
      const result = named[index]
      return result?.status !== 'fulfilled' || result.value.length > 0
    }
    return [...inDirectory.filter((sessionId) => !this.#named.has(sessionId)), ...[...this.#named.keys()].filter((_id, index) => isListed(index))]
  }
}

async function listIn({ folders, format }: StorePlace, limit: OperationLimit): Promise<string[]> {
  await format.assertKnown()
  return folders.list(limit)
}

/** Which session has which named folder, also where symbolic links lead there by another path. */
class NamedPaths {
  /** The id that has a folder, by the absolute path of that. */
  readonly owners: Map<string, string>
  readonly #options: ResolvedStoreOptions
  /** The id whose folder another one leads to, by that one. */
  readonly #twins = new Map<string, string>()
  #followed: Promise<void> | undefined

  constructor(options: ResolvedStoreOptions) {
    this.#options = options
    this.owners = new Map([...options.folders].map(([sessionId, path]) => [path, sessionId]))
  }

  /** Rejects when the folder of a session is that of another, which one process could not lock against itself. Follows links once. */
  async assertApart(sessionId: string): Promise<void> {
    const { folders, directory } = this.#options
    if (folders.size + (directory === null ? 0 : 1) < 2) return
    this.#followed ??= this.#follow()
    await this.#followed
    const other = this.#twins.get(sessionId)
    if (other === undefined) return
    throw new SessionError(
      'INVALID_SESSION_ID',
      `${folders.get(sessionId) ?? ''} leads to the folder of session "${other}", which "folders" names, too. Each session needs a folder of its own.`,
      { sessionId },
    )
  }

  async #follow(): Promise<void> {
    const { folders, directory } = this.#options
    const found = new Map<string, string>()
    // What cannot be followed says so when it is used.
    const realDirectory = directory === null ? null : await realPathOf(directory).catch(() => directory)
    for (const [sessionId, path] of folders) {
      const real = await realPathOf(path).catch(() => path)
      const other = found.get(real)
      if (other === undefined) found.set(real, sessionId)
      else this.#twins.set(sessionId, other)
      if (directory !== null && dirname(real) === realDirectory) this.owners.set(join(directory, basename(real)), sessionId)
    }
  }
}

function directoryPlace(directory: string, named: NamedPaths, { prefix, durability }: ResolvedStoreOptions): StorePlace {
  const hidden = join(directory, HIDDEN_FOLDER)
  const folders = new SessionFolders(directory, prefix, { isDurable: durability !== 'process', named: named.owners })
  const format = new StoreFormat(hidden)
  const table = new FileLockTable({
    folder: hidden,
    placeOf: async (sessionId) => {
      await format.assertKnown()
      await named.assertApart(sessionId)
      return lockPlaceOf(join(hidden, 'locks'), sessionId, await folders.nameOf(sessionId))
    },
    heartbeats: join(hidden, 'heartbeats'),
    assertWritable: (sessionId) => folders.assertWritable(sessionId),
  })
  return { folders, format, table }
}

function folderPlace(path: string, sessionId: string, named: NamedPaths, { durability }: ResolvedStoreOptions): StorePlace {
  const hidden = join(path, HIDDEN_FOLDER)
  const folders = new NamedFolder(path, sessionId, { isDurable: durability !== 'process' })
  const format = new StoreFormat(hidden)
  const table = new FileLockTable({
    folder: hidden,
    placeOf: async () => {
      await format.assertKnown()
      await named.assertApart(sessionId)
      return folders.lockPlace()
    },
    heartbeats: join(hidden, 'heartbeats'),
    assertWritable: () => folders.assertWritable(),
    holdersElsewhere: () => folders.holdersAbove(),
  })
  return { folders, format, table }
}
