import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FileSystemSessionStore } from '../adapters/filesystem/filesystem-session-store.js'
import { HIDDEN_FOLDER } from '../adapters/filesystem/session-folder-name.js'
import { errorCode } from '../errors.js'
import { CommandError, UsageError } from './command-environment.js'
import type { OpenedStore, StoreName, StorePurpose } from './store-name.js'
import { renewCredsCopies } from './stored-sessions.js'

/** Opens a store by its name. Rejects with a `CommandError` when it is not there, unless it is to be filled. */
export async function openStore(name: StoreName, purpose: StorePurpose): Promise<OpenedStore> {
  if ((await statOf(name.path)) === null && purpose === 'fill') await assertOwnPlace(name.path)
  else await assertThere(name)
  if (name.kind === 'sqlite') return (await import('./open-database.js')).openDatabase(name, purpose)
  if (purpose !== 'look') await assertOwnSessions(name)
  const store = makeFileSystemStore(name)
  return {
    store,
    removeTraces: ({ sessionIds, keyId }) => renewCredsCopies({ store, name, currentKeyId: keyId }, sessionIds),
    close: () => store.close(),
  }
}

function makeFileSystemStore({ path, prefix }: StoreName & { kind: 'fs' }): FileSystemSessionStore {
  try {
    return new FileSystemSessionStore({ directory: path, prefix })
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message)
    throw error
  }
}

async function assertThere({ kind, text, path }: StoreName): Promise<void> {
  const found = await statOf(path)
  const hint = path.split(/[/\\]/u).includes('~') ? ' A shell does not expand "~" after a colon. Use $HOME.' : ''
  if (found === null) throw new CommandError(`There is no store "${text}": ${path} does not exist.${hint}`)
  if (kind === 'fs' && !found.isDirectory()) throw new CommandError(`${path} is not a folder. For a database, use sqlite:${path}.`)
  if (kind === 'sqlite' && !found.isFile()) throw new CommandError(`${path} is not a file. For a folder of sessions, use fs:${path}.`)
}

async function statOf(path: string): Promise<{ isFile(): boolean; isDirectory(): boolean; uid: number } | null> {
  try {
    return await stat(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return null
    throw new CommandError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

/**
 * Root may write anywhere, and what it writes belongs to root: the application could not read its own locks and records
 * any more.
 */
async function assertOwnSessions({ path, prefix }: StoreName & { kind: 'fs' }): Promise<void> {
  if (!isRoot() || (await statOf(path)) === null) return
  const names = (await readdir(path)).filter((name) => name === HIDDEN_FOLDER || name.startsWith(prefix))
  for (const name of ['.', ...names]) await assertOwn(join(path, name))
}

/** The same for a store that is yet to be made: it would belong to root, in a folder of somebody else. */
async function assertOwnPlace(path: string): Promise<void> {
  if (!isRoot()) return
  let place = dirname(path)
  while ((await statOf(place)) === null && place !== dirname(place)) place = dirname(place)
  await assertOwn(place)
}

async function assertOwn(path: string): Promise<void> {
  const uid = (await statOf(path))?.uid ?? 0
  if (uid !== 0) {
    throw new CommandError(
      `${path} belongs to the user with uid ${uid}, who could not use files that root writes there. Run this as that user, for example with sudo -u '#${uid}'.`,
    )
  }
}

function isRoot(): boolean {
  return process.geteuid?.() === 0
}
