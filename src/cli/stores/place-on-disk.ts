import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCode } from '../../errors.js'
import { CommandError } from '../command-environment.js'

/** What is found at a path. */
export interface FoundPlace {
  isFile(): boolean
  isDirectory(): boolean
  readonly uid: number
}

/** What is at a path; `null` for nothing. Rejects with a `CommandError` when nobody can tell. */
export async function findPlace(path: string): Promise<FoundPlace | null> {
  try {
    return await stat(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return null
    throw new CommandError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

/** Throws a `CommandError` unless what was found is a store of its kind. */
export function requirePlace({ text, path }: { text: string; path: string }, found: FoundPlace | null, kind: 'file' | 'folder'): void {
  const hint = path.split(/[/\\]/u).includes('~') ? ' A shell does not expand "~" after a colon. Use $HOME.' : ''
  if (found === null) throw new CommandError(`There is no store "${text}": ${path} does not exist.${hint}`)
  if (kind === 'folder' && !found.isDirectory()) throw new CommandError(`${path} is not a folder. For a database, use sqlite:${path}.`)
  if (kind === 'file' && !found.isFile()) throw new CommandError(`${path} is not a file. For a folder of sessions, use fs:${path}.`)
}

/**
 * Refuses root where something belongs to somebody else. Root may write anywhere, and what it writes belongs to root: the application
 * could not read its own locks and records any more.
 */
export async function assertOwn(path: string): Promise<void> {
  const uid = isRoot() ? ((await findPlace(path))?.uid ?? 0) : 0
  if (uid !== 0) {
    throw new CommandError(
      `${path} belongs to the user with uid ${uid}, who could not use files that root writes there. Run this as that user, for example with sudo -u '#${uid}'.`,
    )
  }
}

/** The same for a store that is yet to be made: it would belong to root, in a folder of somebody else. */
export async function assertOwnPlace(path: string): Promise<void> {
  if (!isRoot()) return
  let place = dirname(path)
  while ((await findPlace(place)) === null && place !== dirname(place)) place = dirname(place)
  await assertOwn(place)
}

/** Whether this process may do everything. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0
}
