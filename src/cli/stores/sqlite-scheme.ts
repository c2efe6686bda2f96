import { UsageError } from '../command-environment.js'
import { assertOwnPlace, findPlace, requirePlace } from './place-on-disk.js'
import type { OpenedStore, StorePurpose } from './store-name.js'
import type { StoreScheme } from './store-scheme.js'

/** A database in a file. */
export const SQLITE_SCHEME: StoreScheme = Object.freeze({
  names: ['sqlite'],
  example: 'sqlite:./sessions.db',
  forms: [['sqlite:./sessions.db', 'a SqliteSessionStore database']],
  read: ({ rest, text, inWords }, { directory, paths }) => {
    if (rest === '') throw new UsageError(`${inWords} has no path, as in sqlite:./sessions.db.`)
    const path = paths.resolve(directory, rest)
    return { text, place: `sqlite:${path}`, folder: null, server: null, open: (purpose) => open({ text, path }, purpose) }
  },
} satisfies StoreScheme)

async function open(file: { text: string; path: string }, purpose: StorePurpose): Promise<OpenedStore> {
  const found = await findPlace(file.path)
  if (found === null && purpose === 'fill') await assertOwnPlace(file.path)
  else requirePlace(file, found, 'file')
  // Only when one was named: it looks for drivers that need not be installed.
  return (await import('./open-database.js')).openDatabase(file, purpose)
}
