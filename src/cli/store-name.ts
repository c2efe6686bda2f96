import path from 'node:path'
import type { PlatformPath } from 'node:path'
import type { SessionStore } from '../store/session-store.js'
import { UsageError } from './command-environment.js'

/** Which store was named. */
export type StoreName =
  | { readonly kind: 'fs'; readonly text: string; readonly path: string; readonly prefix: string }
  | { readonly kind: 'sqlite'; readonly text: string; readonly path: string }

const ADVICE = 'Write a store as fs:./sessions or sqlite:./sessions.db.'
/** The one of `FileSystemSessionStore`. */
const DEFAULT_PREFIX = 'session-'

/** Understands the name of a store: its kind, a colon, and a path as the system writes it. Throws a {@link UsageError}. */
export function parseStoreName(text: string, directory: string, paths: Pick<PlatformPath, 'resolve'> = path): StoreName {
  // A single letter is a drive of Windows.
  const [, kind = '', rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]+):([^]*)$/u.exec(text) ?? []
  if (kind === '') throw new UsageError(`"${text}" does not say what kind of store it is. ${ADVICE}`)
  if (rest.includes('\0')) throw new UsageError('A store path cannot contain a NUL character.')
  const { path: place, query } = kind === 'fs' ? splitQuery(rest) : { path: rest, query: '' }
  if (place === '') throw new UsageError(`"${text}" has no path. ${ADVICE}`)
  if (kind === 'fs') return { kind, text, path: paths.resolve(directory, place), prefix: prefixOf(text, query) }
  if (kind === 'sqlite') return { kind, text, path: paths.resolve(directory, place) }
  throw new UsageError(`Unknown kind of store "${kind}". ${ADVICE}`)
}

function prefixOf(text: string, query: string): string {
  const parameters = [...new URLSearchParams(query)]
  if (parameters.length > 1 || parameters.some(([name]) => name !== 'prefix')) {
    throw new UsageError(`After the "?", "${text}" may contain "prefix" once and nothing else.`)
  }
  return parameters[0]?.[1] ?? DEFAULT_PREFIX
}

/** A folder may have a question mark in its name; only what looks like parameters is taken for them. */
function splitQuery(rest: string): { path: string; query: string } {
  const [, place, query] = /^([^]*)\?(\w+=[^?/\\]*)$/u.exec(rest) ?? []
  return place === undefined || query === undefined ? { path: rest, query: '' } : { path: place, query }
}

/** What a command is about to do with a store. */
export type StorePurpose =
  /** Only look: nothing is made, no lock is taken. */
  | 'look'
  /** Take locks and write, in a store that is there. */
  | 'change'
  /** The same, and the store is made when it is missing. */
  | 'fill'

/** Sessions of which every record is under a key. */
export interface EncryptedSessions {
  /** Their ids. */
  readonly sessionIds: readonly string[]
  /** The id of the key. */
  readonly keyId: string
}

/** A store that was opened by name. */
export interface OpenedStore {
  /** The store. */
  readonly store: SessionStore
  /** Removes what else the store keeps of texts that were encrypted. Resolves with what is left, a sentence each. */
  removeTraces(encrypted: EncryptedSessions): Promise<readonly string[]>
  /** Closes it, and what it stands on. */
  close(): Promise<void>
}
