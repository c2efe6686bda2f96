import { open, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FileSystemSessionStore } from '../../adapters/filesystem/filesystem-session-store.js'
import { kindOfFolder } from '../../adapters/filesystem/folder-contents.js'
import { CREDS_FILE } from '../../adapters/filesystem/record-file.js'
import { HIDDEN_FOLDER } from '../../adapters/filesystem/session-folder-name.js'
import { readStoredSession } from '../../auth/stored-session.js'
import { errorCode } from '../../errors.js'
import { judgeStanding, type Standing } from '../status/standing.js'
import { READ_TIMEOUT_MS } from '../store-view.js'
import { CommandError } from '../command-environment.js'
import { findPlace } from '../stores/place-on-disk.js'

/** What was found at a path that somebody comes from. */
export interface Survey {
  /** The path, as it was named. */
  readonly path: string
  /** How the session stands whose folder it is; `null` when it is none. */
  readonly session: Standing | null
  /** The sessions in folders in it, by the names of these. */
  readonly sessions: readonly FoundSession[]
  /** Whether something else is in it, too. */
  readonly hasOthers: boolean
  /** The clients of whatsapp-web.js that have a browser profile there. */
  readonly browserProfiles: readonly string[]
  /** The SQLite databases with sessions. */
  readonly databases: readonly FoundDatabase[]
}

/** A folder with credentials. */
export interface FoundSession {
  /** The name of the folder. */
  readonly name: string
  readonly standing: Standing
}

/** A SQLite database. */
export interface FoundDatabase {
  /** Its path, as it was named. */
  readonly path: string
  /** Whose tables it has: of Baileys' SQLite auth state, or of a `SqliteSessionStore`. */
  readonly kind: 'baileys' | 'baileys-sessions'
}

/** Where whatsapp-web.js keeps its browser profiles. */
const BROWSER_PROFILES = '.wwebjs_auth'

/** Looks at a path and changes nothing: no lock is taken and no file is made. Rejects with a `CommandError` when it cannot be looked at. */
export async function survey(named: string, path: string, now: Date): Promise<Survey> {
  const found = await findPlace(path)
  if (found === null) throw new CommandError(`${named} does not exist.`)
  if (!found.isDirectory()) {
    const database = await databaseAt(named, path)
    if (database === null) throw new CommandError(`${named} is neither a folder nor a SQLite database with sessions of Baileys.`)
    return { path: named, session: null, sessions: [], hasOthers: false, browserProfiles: [], databases: [database] }
  }
  return surveyFolder(named, path, now)
}

async function surveyFolder(named: string, path: string, now: Date): Promise<Survey> {
  const entries = await list(named, path)
  const names = entries.map(({ name }) => name)
  const [sessions, browserProfiles, databases]: [FoundSession[], string[], FoundDatabase[]] = [[], [], []]
  const isProfile = kindOfFolder(names) === 'browser-profile'
  if (isProfile) browserProfiles.push(clientOf(basename(path)))
  let hasOthers = false
  for (const { name, isFolder } of isProfile ? [] : entries) {
    const inside = isFolder ? await list(join(named, name), join(path, name)).catch(() => []) : []
    const namesInside = inside.map((entry) => entry.name)
    const database = isFolder ? null : await databaseAt(joinNamed(named, name), join(path, name))
    if (namesInside.includes(CREDS_FILE)) sessions.push({ name, standing: await standingOf(join(path, name), now) })
    else if (isFolder && kindOfFolder(namesInside) === 'browser-profile') browserProfiles.push(clientOf(name))
    else if (name === BROWSER_PROFILES) browserProfiles.push(...(await profilesIn(path, name, inside)))
    else if (database !== null) databases.push(database)
    else if (name !== HIDDEN_FOLDER) hasOthers = true
  }
  const session = names.includes(CREDS_FILE) ? await standingOf(path, now) : null
  return { path: named, session, sessions, hasOthers, browserProfiles, databases }
}

/** A path in one that somebody named, as they would name it. */
export function joinNamed(named: string, name: string): string {
  const path = join(named, name)
  return named.startsWith('.') && !path.startsWith('.') ? `./${path}` : path
}

/** An entry of a folder. */
interface Entry {
  readonly name: string
  readonly isFolder: boolean
}

async function list(named: string, path: string): Promise<Entry[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() })).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    throw new CommandError(`${named} cannot be read: ${errorCode(error)}. Run this as the user of the application.`)
  }
}

async function standingOf(path: string, now: Date): Promise<Standing> {
  const sessionId = basename(path)
  const store = new FileSystemSessionStore({ folders: { [sessionId]: path } })
  try {
    const stored = await readStoredSession(store, sessionId, READ_TIMEOUT_MS)
    return judgeStanding({ sessionId, stored, hasKeys: false, holding: null, record: null }, now)
  } finally {
    await store.close()
  }
}

async function profilesIn(path: string, folder: string, entries: readonly Entry[]): Promise<string[]> {
  const clients: string[] = []
  for (const { name } of entries.filter(({ isFolder }) => isFolder)) {
    const inside = await list(name, join(path, folder, name)).catch(() => [])
    if (kindOfFolder(inside.map((entry) => entry.name)) === 'browser-profile') clients.push(clientOf(name))
  }
  return clients
}

/** Its `clientId`: a client without one has a folder `session`. */
function clientOf(folder: string): string {
  const client = /^(?:session|RemoteAuth)-(?<client>.+)$/u.exec(folder)?.groups?.['client']
  return client ?? 'main'
}

const SQLITE_FILE = 'SQLite format 3\0'
/** The statements that made the tables are near the beginning. */
const LOOK_BYTES = 4 * 1024 * 1024

/** A database of sessions; `null` for any other file. Its text is looked at, because opening a database can make files beside it. */
async function databaseAt(named: string, path: string): Promise<FoundDatabase | null> {
  const beginning = await readBeginning(path, SQLITE_FILE.length)
  if (beginning !== SQLITE_FILE) return null
  // What was written last may be in the log alone.
  const text = `${await readBeginning(path, LOOK_BYTES)}${await readBeginning(join(dirname(path), `${basename(path)}-wal`), LOOK_BYTES)}`
  if (/CREATE TABLE "?baileys_sessions_schema"?/u.test(text)) return { path: named, kind: 'baileys-sessions' }
  return /CREATE TABLE "?signal_keys"?/u.test(text) ? { path: named, kind: 'baileys' } : null
}

/** An empty text when it cannot be read. */
async function readBeginning(path: string, bytes: number): Promise<string> {
  try {
    if ((await findPlace(path))?.isFile() !== true) return ''
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0)
      return buffer.toString('latin1', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch {
    return ''
  }
}
