import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FileSystemSessionStore } from '../../adapters/filesystem/filesystem-session-store.js'
import { HIDDEN_FOLDER } from '../../adapters/filesystem/session-folder-name.js'
import { UsageError } from '../command-environment.js'
import { renewCredsCopies } from '../stored-sessions.js'
import { assertOwn, assertOwnPlace, findPlace, isRoot, requirePlace } from './place-on-disk.js'
import type { OpenedStore, SessionsFolder, StorePurpose } from './store-name.js'
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
  ],
  read: ({ rest, text, inWords }, { directory, paths }) => {
    const { place, query } = splitQuery(rest)
    if (place === '') throw new UsageError(`${inWords} has no path, as in fs:./sessions.`)
    const folder = { path: paths.resolve(directory, place), prefix: prefixOf(inWords, query) }
    return { text, place: `fs:${folder.path}`, folder, server: null, open: (purpose) => open(text, folder, purpose) }
  },
} satisfies StoreScheme)

function prefixOf(inWords: string, query: string): string {
  const parameters = [...new URLSearchParams(query)]
  if (parameters.length > 1 || parameters.some(([name]) => name !== 'prefix')) {
    throw new UsageError(`${inWords} may contain "prefix" once after the "?", and nothing else.`)
  }
  return parameters[0]?.[1] ?? DEFAULT_PREFIX
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

function makeStore({ path, prefix }: SessionsFolder): FileSystemSessionStore {
  try {
    return new FileSystemSessionStore({ directory: path, prefix })
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message)
    throw error
  }
}

async function assertOwnSessions({ path, prefix }: SessionsFolder): Promise<void> {
  if (!isRoot()) return
  const names = (await readdir(path)).filter((name) => name === HIDDEN_FOLDER || name.startsWith(prefix))
  for (const name of ['.', ...names]) await assertOwn(join(path, name))
}
