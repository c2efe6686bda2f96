import { resolve } from 'node:path'
import { isSessionError } from '../../errors.js'
import { requireOptions } from '../../option-checks.js'
import type { RecordKey } from '../../store/session-store.js'
import { isSingleRecord } from './record-file.js'
import { assertSessionId } from './session-folder-name.js'

/** Where a {@link FileSystemSessionStore} keeps its sessions, and how. It needs `directory`, `folders`, or both. */
export interface FileSystemSessionStoreOptions {
  /**
   * The folder that contains one folder for each session. If it is missing, the store creates it, for this user only. Without it, the store
   * has the sessions in `folders` and no others.
   */
  directory?: string
  /**
   * A folder for each of these sessions, by session id, whatever its name: `{ main: './auth' }`. These ids are looked for nowhere else. A
   * folder that is missing is created with the first write. Each folder keeps its own lock, in `.baileys-sessions` inside it.
   */
  folders?: Readonly<Record<string, string>>
  /**
   * What the name of each session's folder begins with: at most 64 ASCII letters, digits, `_`, `-`, `.` or spaces, not beginning
   * with a dot or a space. Empty if the folders are named only after the session; then every folder in `directory` that contains a
   * session counts.
   *
   * @defaultValue 'session-'
   */
  prefix?: string
  /**
   * What a resolved write survives. With `'power'`, each write waits until it is safe on the disk (fdatasync of the journal, and later
   * fsync of the files before the journal is cut). With `'process'`, none does: a write survives the end of the process, even by
   * SIGKILL, but may be lost or damaged if the machine loses power. With either, every write is complete or absent after the end of
   * the process.
   *
   * By default, writes that change creds or the lifecycle record, or replace all records, use `'power'`, and writes of only Signal keys
   * use `'process'`: there are many keys and they can be created again, but an identity cannot.
   *
   * @defaultValue `'power'` for creds, the lifecycle record and `replaceAll`, `'process'` for Signal keys
   */
  durability?: 'power' | 'process'
}

/** The options of a store, with their defaults. */
export interface ResolvedStoreOptions {
  /** An absolute path; `null` when there are only named folders. */
  directory: string | null
  prefix: string
  durability: Durability | undefined
  /** Absolute paths of named folders, by session id. */
  folders: ReadonlyMap<string, string>
}

const PREFIX = /^(?:[A-Za-z0-9_-][A-Za-z0-9_. -]{0,63})?$/

const NAMES = Object.keys({ directory: 0, folders: 0, prefix: 0, durability: 0 } satisfies Record<keyof FileSystemSessionStoreOptions, 0>)

/** The options with their defaults. Throws for one that cannot be used. */
export function resolveOptions(options: FileSystemSessionStoreOptions): ResolvedStoreOptions {
  requireOptions('', options, NAMES)
  const { durability } = options
  const prefix = options.prefix ?? 'session-'
  const directory = options.directory === undefined ? null : resolvePath('directory', options.directory)
  const folders = resolveFolders(options.folders)
  assertPlaces(options, directory, folders)
  if (typeof prefix !== 'string') throw new TypeError(`prefix must be a string, but is of type ${typeof prefix}.`)
  if (!PREFIX.test(prefix))
    throw new RangeError(
      `prefix may have at most 64 letters, digits, "_", "-", "." or spaces, and must not begin with a dot or a space, but is ${JSON.stringify(prefix)}.`,
    )
  if (durability !== undefined && typeof durability !== 'string')
    throw new TypeError(`durability must be "power" or "process", but is of type ${typeof durability}.`)
  if (durability !== undefined && !DURABILITIES.includes(durability))
    throw new RangeError(`durability must be "power" or "process", but is ${JSON.stringify(durability)}.`)
  return { directory, prefix, durability, folders }
}

/** Throws unless there is a place for sessions, and only one for each. */
function assertPlaces(options: FileSystemSessionStoreOptions, directory: string | null, folders: ReadonlyMap<string, string>): void {
  if (directory === null && options.folders === undefined) throw new TypeError('The store needs a directory, or folders, or both.')
  if (directory === null && folders.size === 0) throw new RangeError('folders names no folder, and there is no directory.')
  if (directory === null && options.prefix !== undefined) throw new TypeError('prefix is for the folders in directory, which is not given.')
  for (const [sessionId, path] of folders)
    if (path === directory) throw new RangeError(`folders[${JSON.stringify(sessionId)}] is the directory itself, ${path}. Name the folder of one session.`)
}

function resolvePath(option: string, path: unknown): string {
  if (typeof path !== 'string') throw new TypeError(`${option} must be a path, but is of type ${typeof path}.`)
  if (path === '' || path.includes('\0')) throw new RangeError(`${option} must be a non-empty path, but is ${JSON.stringify(path)}.`)
  return resolve(path)
}

function resolveFolders(folders: unknown): Map<string, string> {
  const resolved = new Map<string, string>()
  if (folders === undefined) return resolved
  if (typeof folders !== 'object' || folders === null || Array.isArray(folders))
    throw new TypeError('folders must be an object with a path for each session id, as in { main: "./auth" }.')
  const ids = new Map<string, string>()
  for (const [sessionId, path] of Object.entries(folders)) {
    const absolute = resolvePath(`folders[${JSON.stringify(sessionId)}]`, path)
    assertUsable(sessionId)
    const other = ids.get(absolute)
    if (other !== undefined)
      throw new RangeError(
        `folders gives ${absolute} to both ${JSON.stringify(other)} and ${JSON.stringify(sessionId)}. Each session needs a folder of its own.`,
      )
    ids.set(absolute, sessionId)
    resolved.set(sessionId, absolute)
  }
  return resolved
}

function assertUsable(sessionId: string): void {
  try {
    assertSessionId(sessionId)
  } catch (error) {
    if (isSessionError(error)) throw new RangeError(`folders has a session id that cannot be used: ${error.message}`)
    throw error
  }
}

const DURABILITIES: readonly string[] = ['power', 'process']

/** What a resolved write survives; see {@link FileSystemSessionStoreOptions.durability}. */
export type Durability = 'power' | 'process'

/** Whether a write that changes these records waits for the disk. */
export function waitsForDisk(durability: Durability | undefined, changed: readonly RecordKey[]): boolean {
  return durability === undefined ? changed.some(isSingleRecord) : durability === 'power'
}
