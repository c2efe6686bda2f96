import { waitsForPerson } from '../status/standing.js'
import { count, maskNumber } from '../terminal-text.js'
import { type FoundDatabase, joinNamed, type Survey } from './survey.js'
import type { Standing } from '../status/standing.js'

/** What fits what was found. */
export interface Advice {
  /** What was found, a sentence each. */
  readonly found: readonly string[]
  /** The constructor call; `null` when nothing there can be used as it is. */
  readonly constructorCall: string | null
  /** The same store on the command line; `null` when it has no name for it. */
  readonly storeName: string | null
  /** What to do, and what to know, a sentence each. */
  readonly advice: readonly string[]
  /** Whether there is nothing to use, or something that a person has to decide on. */
  readonly needsPerson: boolean
}

/** How a store is named in code, and on the command line. */
type Fit = Pick<Advice, 'constructorCall' | 'storeName'>

const STOP_FIRST = "Stop the old process first: two clients on one folder permanently damage each other's keys."

/** Says what fits. Pure: what was found is all it knows. */
export function adviseOn(found: Survey): Advice {
  const { path, session, sessions, browserProfiles, databases } = found
  const standings = [...(session === null ? [] : [session]), ...sessions.map(({ standing }) => standing)]
  const fit = standings.length > 0 ? fitFolders(found) : fitDatabase(databases)
  const sentences = [
    ...(session === null ? [] : [`${path} is the folder of one session: ${describe(session)}.`]),
    ...sessions.map(({ name, standing }) => `${joinNamed(path, name)} is the folder of a session: ${describe(standing)}.`),
    ...databases.map(describeDatabase),
    ...(browserProfiles.length === 0
      ? []
      : [`${path} has ${count(browserProfiles.length, 'browser profile')} of whatsapp-web.js: ${browserProfiles.join(', ')}.`]),
  ]
  const advice = [
    ...(standings.length > 0 ? [STOP_FIRST] : []),
    ...(databases.some(({ kind }) => kind === 'baileys')
      ? ['Copy the sessions of a database of Baileys once, into a store of this library: docs/migrating.md has the code.']
      : []),
    ...browserProfiles.map(
      (client) => `A browser profile cannot be converted. Link that phone once more: npx baileys-sessions link fs:./sessions ${quoteForShell(client)}`,
    ),
    ...(sentences.length === 0 ? NOTHING : []),
  ]
  const isIdle = fit.constructorCall === null || browserProfiles.length > 0 || databases.some(({ kind }) => kind === 'baileys')
  return {
    found: sentences.length === 0 ? [`${path} has no session that this library knows.`] : sentences,
    ...fit,
    advice,
    needsPerson: isIdle || standings.some(waitsForPerson),
  }
}

const NOTHING: readonly string[] = [
  'Name the folder that useMultiFileAuthState was given, the folder above several of them, or .wwebjs_auth.',
  'Sessions in a database of your own need code that copies them: docs/writing-a-store.md says what a store is.',
]

function describe({ state, phoneNumber, problem }: Standing): string {
  const words = state.replaceAll('_', ' ')
  const phone = phoneNumber === null ? '' : ` to ${maskNumber(phoneNumber)}`
  return `${state === 'linked' ? `linked${phone}` : `${words}${phone === '' ? '' : `, linked${phone}`}`}${problem === null ? '' : `. ${problem.replace(/\.$/u, '')}`}`
}

function describeDatabase({ path, kind }: FoundDatabase): string {
  return kind === 'baileys' ? `${path} is a database of Baileys' SQLite auth state.` : `${path} is a database of a SqliteSessionStore.`
}

function fitDatabase(databases: readonly FoundDatabase[]): Fit {
  const own = databases.find(({ kind }) => kind === 'baileys-sessions')
  if (own === undefined) return { constructorCall: null, storeName: null }
  return { constructorCall: `new SqliteSessionStore({ database: await openSqliteDatabase(${quote(own.path)}) })`, storeName: `sqlite:${own.path}` }
}

/** What the folders of a `FileSystemSessionStore` begin with by default. */
const DEFAULT_PREFIX = 'session-'

function fitFolders({ path, session, sessions, hasOthers }: Survey): Fit {
  if (session !== null && sessions.length === 0) {
    return { constructorCall: `new FileSystemSessionStore({ folders: { main: ${quote(path)} } })`, storeName: `fs:${path}?id=main` }
  }
  const names = sessions.map(({ name }) => name)
  const prefix = session === null ? prefixOf(names, hasOthers) : null
  if (prefix === DEFAULT_PREFIX) return { constructorCall: `new FileSystemSessionStore({ directory: ${quote(path)} })`, storeName: `fs:${path}` }
  if (prefix !== null)
    return {
      constructorCall: `new FileSystemSessionStore({ directory: ${quote(path)}, prefix: ${quote(prefix)} })`,
      storeName: `fs:${path}?prefix=${encodeURIComponent(prefix)}`,
    }
  const folders = [
    ...(session === null ? [] : [['main', path]]),
    ...names.map((name) => [names.length === 1 && session === null ? 'main' : name, joinNamed(path, name)]),
  ]
  const [only, ...others] = folders
  const listed = folders.map(([id = '', folder = '']) => `${asKey(id)}: ${quote(folder)}`).join(', ')
  const storeName = others.length === 0 && only !== undefined ? `fs:${only[1] ?? ''}?id=main` : null
  return { constructorCall: `new FileSystemSessionStore({ folders: { ${listed} } })`, storeName }
}

/** What all names begin with, as far as it looks like a prefix; `null` when each is better named by itself. */
function prefixOf(names: readonly string[], hasOthers: boolean): string | null {
  if (names.every((name) => name.startsWith(DEFAULT_PREFIX) && name !== DEFAULT_PREFIX)) return DEFAULT_PREFIX
  const [first = '', ...others] = names
  if (others.length === 0) return null
  let length = 0
  while (length < first.length && others.every((name) => name[length] === first[length])) length += 1
  const prefix = /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*[_.-])?/u.exec(first.slice(0, length))?.[0] ?? ''
  const isWhole = names.every((name) => name.length > prefix.length)
  if (prefix !== '' && isWhole) return prefix
  return hasOthers ? null : ''
}

function quote(text: string): string {
  return `'${text.replace(/['\\]/gu, '\\$&')}'`
}

function asKey(id: string): string {
  return /^[A-Za-z_$][\w$]*$/u.test(id) && id !== '__proto__' ? id : id === '__proto__' ? "['__proto__']" : quote(id)
}

/** An argument as a POSIX shell takes it. */
export function quoteForShell(text: string): string {
  return /^[\w./:@%+=,-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
