import path from 'node:path'
import { type CommandEnvironment, UsageError } from '../command-environment.js'
import { hidePasswordOf } from '../terminal-text.js'
import { FOLDER_SCHEME } from './folder-scheme.js'
import { POSTGRES_SCHEME } from './postgres-scheme.js'
import { REDIS_SCHEME } from './redis-scheme.js'
import { SQLITE_SCHEME } from './sqlite-scheme.js'
import type { StoreName } from './store-name.js'
import type { PathContext, StoreScheme } from './store-scheme.js'

/** Every kind of store, in the order of `--help`. */
const SCHEMES: readonly StoreScheme[] = Object.freeze([FOLDER_SCHEME, SQLITE_SCHEME, POSTGRES_SCHEME, REDIS_SCHEME])

/** How a store is named by a variable. */
const VARIABLE_FORM = 'env:SESSIONS_STORE'

/** How a store is named, for `--help`. */
export const STORE_NAMES: readonly (readonly [form: string, meaning: string])[] = Object.freeze([
  ...SCHEMES.flatMap(({ forms }) => forms),
  [VARIABLE_FORM, 'the store named by this environment variable, because others can see arguments'] as const,
])

const ADVICE = `Write a store as ${SCHEMES.map(({ example }) => example).join(', ')} or ${VARIABLE_FORM}.`

/** Understands the name of a store: its kind, a colon, and where it is; or `env:` and the variable that has such a name. Throws a {@link UsageError}. */
export function parseStoreName(
  named: string,
  { variables, directory }: Pick<CommandEnvironment, 'variables' | 'directory'>,
  paths: PathContext['paths'] = path,
): StoreName {
  const variable = /^env:([^]*)$/u.exec(named)?.[1]
  const full = variable === undefined ? named : valueOf(variable, variables)
  const text = hidePasswordOf(full)
  // A single letter is a drive of Windows.
  const [, scheme = '', rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]+):([^]*)$/u.exec(full) ?? []
  const inWords = variable === undefined ? quote(text, scheme, rest) : `The value of ${variable}`
  if (scheme === '') throw new UsageError(`${inWords} does not say what kind of store it is. ${ADVICE}`)
  if (rest.includes('\0')) throw new UsageError('The name of a store cannot contain a NUL character.')
  const known = SCHEMES.find(({ names }) => names.includes(scheme))
  if (known === undefined) throw new UsageError(`${inWords} is no kind of store that this program knows. ${ADVICE}`)
  return known.read({ scheme, rest, text, inWords }, { directory, paths })
}

/** What a variable says. Its value is never quoted: somebody may have named the variable of a password. */
function valueOf(variable: string, variables: CommandEnvironment['variables']): string {
  if (variable === '') throw new UsageError(`"env:" needs the name of an environment variable. ${ADVICE}`)
  const value = variables[variable]
  if (value === undefined) throw new UsageError(`The environment variable ${variable} is not set.`)
  if (value === '') throw new UsageError(`The environment variable ${variable} is empty.`)
  if (value.startsWith('env:')) throw new UsageError(`The environment variable ${variable} names another variable. Give it the name of a store.`)
  return value
}

/** An address may be written so that nobody can say where its password is. */
function quote(text: string, scheme: string, rest: string): string {
  return scheme !== '' && rest.startsWith('//') ? `"${scheme}://…"` : `"${text}"`
}
