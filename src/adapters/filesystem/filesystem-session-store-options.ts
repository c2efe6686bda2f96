import { requireOptions } from '../../option-checks.js'
import type { RecordKey } from '../../store/session-store.js'
import { isSingleRecord } from './record-file.js'

/** Where a {@link FileSystemSessionStore} keeps its sessions, and how. */
export interface FileSystemSessionStoreOptions {
  /** The folder that contains one folder for each session. If it is missing, the store creates it, for this user only. */
  directory: string
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
  directory: string
  prefix: string
  durability: Durability | undefined
}

const PREFIX = /^(?:[A-Za-z0-9_-][A-Za-z0-9_. -]{0,63})?$/

const NAMES = Object.keys({ directory: 0, prefix: 0, durability: 0 } satisfies Record<keyof FileSystemSessionStoreOptions, 0>)

/** The options with their defaults. Throws for one that cannot be used. */
export function resolveOptions(options: FileSystemSessionStoreOptions): ResolvedStoreOptions {
  requireOptions('', options, NAMES)
  const { directory, durability } = options
  const prefix = options.prefix ?? 'session-'
  if (typeof directory !== 'string') throw new TypeError(`directory must be a path, but is of type ${typeof directory}.`)
  if (directory === '' || directory.includes('\0')) throw new RangeError(`directory must be a non-empty path, but is ${JSON.stringify(directory)}.`)
  if (typeof prefix !== 'string') throw new TypeError(`prefix must be a string, but is of type ${typeof prefix}.`)
  if (!PREFIX.test(prefix))
    throw new RangeError(
      `prefix may have at most 64 letters, digits, "_", "-", "." or spaces, and must not begin with a dot or a space, but is ${JSON.stringify(prefix)}.`,
    )
  if (durability !== undefined && typeof durability !== 'string')
    throw new TypeError(`durability must be "power" or "process", but is of type ${typeof durability}.`)
  if (durability !== undefined && !DURABILITIES.includes(durability))
    throw new RangeError(`durability must be "power" or "process", but is ${JSON.stringify(durability)}.`)
  return { directory, prefix, durability }
}

const DURABILITIES: readonly string[] = ['power', 'process']

/** What a resolved write survives; see {@link FileSystemSessionStoreOptions.durability}. */
export type Durability = 'power' | 'process'

/** Whether a write that changes these records waits for the disk. */
export function waitsForDisk(durability: Durability | undefined, changed: readonly RecordKey[]): boolean {
  return durability === undefined ? changed.some(isSingleRecord) : durability === 'power'
}
