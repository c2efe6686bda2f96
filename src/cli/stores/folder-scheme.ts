import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FileSystemSessionStore } from '../../adapters/filesystem/filesystem-session-store.js'
import { HIDDEN_FOLDER } from '../../adapters/filesystem/session-folder-name.js'
import { UsageError } from '../command-environment.js'
import { renewCredsCopies } from '../stored-sessions.js'
import { assertOwn, assertOwnPlace, findPlace, isRoot, requirePlace } from './place-on-disk.js'
import type { SessionsFolder } from './sessions-folder.js'
import type { OpenedStore, StorePurpose } from './store-name.js'
import type { StoreScheme } from './store-scheme.js'

/** The one of `FileSystemSessionStore`. */
const DEFAULT_PREFIX = 'session-'

/** A folder with a folder for each session. */
export const FOLDER_SCHEME: StoreScheme = Object.freeze({
  names: ['fs'],
  example: 'fs:./sessions',
  forms: [
    ['fs:./sessions', 'a FileSystemSessionStore folder, or useMultiFileAuthState folders named session-<id>'],
    ['fs:./sessions?prefix=', 'the same, for folders named only by the session id, or with another prefix'],
    ['fs:./auth?id=main', 'exactly one folder, whatever its name, as the session with this id'],
  ],
  read: ({ rest, text, inWords }, { directory, paths }) => {
    const { place, query } = splitQuery(rest)
    if (place === '') throw new UsageError(`${inWords} has no path, as in fs:./sessions.`)
    const folder = folderOf(paths.resolve(directory, place), inWords, query)
    return { text, place: `fs:${folder.path}`, folder, server: null, open: (purpose) => open(text, folder, purpose) }
  },
} satisfies StoreScheme)

function folderOf(path: string, inWords: string, query: string): SessionsFolder {
  const [parameter = ['prefix', DEFAULT_PREFIX], ...others] = [...new URLSearchParams(query)]
  const [name, value] = parameter
  if (others.length > 0 || !['prefix', 'id'].includes(name)) {
    throw new UsageError(`${inWords} may contain either "prefix" or "id" once after the "?", and nothing else.`)
  }
  if (name === 'prefix') return { path, prefix: value, sessionId: null }
  if (value === '') throw new UsageError(`${inWords} has no session id after "?id=".`)
  return { path, sessionId: value }
}

/** A folder may have a question mark in its name; only what looks like parameters is taken for them. */
function splitQuery(rest: string): { place: string; query: string } {
  const [, place, query] = /^([^]*)\?(\w+=[^?/\\]*)$/u.exec(rest) ?? []
  return place === undefined || query === undefined ? { place: rest, query: '' } : { place, query }
}

async function open(text: string, folder: SessionsFolder, purpose: StorePurpose): Promise<OpenedStore> {
  const found = await findPlace(folder.path)
  if (found === null && purpose === 'fill') await assertOwnPlace(folder.path)
  else requirePlace({ text, path: folder.path }, found, 'folder')
  if (purpose !== 'look' && found !== null) await assertOwnSessions(folder)
  const store = makeStore(folder)
  return {
    store,
    server: null,
    removeTraces: ({ sessionIds, keyId }) => renewCredsCopies({ store, folder, currentKeyId: keyId }, sessionIds),
    close: () => store.close(),
  }
}

function makeStore(folder: SessionsFolder): FileSystemSessionStore {
  const { path } = folder
  try {
    return new FileSystemSessionStore(folder.sessionId === null ? { directory: path, prefix: folder.prefix } : { folders: { [folder.sessionId]: path } })
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message)
    throw error
  }
}

async function assertOwnSessions(folder: SessionsFolder): Promise<void> {
  if (!isRoot()) return
  const { path } = folder
  const isOurs = (name: string): boolean => folder.sessionId !== null || name === HIDDEN_FOLDER || name.startsWith(folder.prefix)
  const names = (await readdir(path)).filter(isOurs)
  for (const name of ['.', ...names]) await assertOwn(join(path, name))
}
