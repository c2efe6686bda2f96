import type { PlatformPath } from 'node:path'
import type { StoreName } from './store-name.js'

/** A name of a store as somebody wrote it. */
export interface WrittenName {
  /** What stands before its first colon. */
  readonly scheme: string
  /** What stands behind it. */
  readonly rest: string
  /** All of it, with `***` for a password. */
  readonly text: string
  /** What to call it at the beginning of a sentence that says what is wrong with it. The value of a variable is not quoted: it may be a secret. */
  readonly inWords: string
}

/** What relative paths start from, and how this system writes them. */
export interface PathContext {
  /** The directory. */
  readonly directory: string
  /** The paths of the system. */
  readonly paths: Pick<PlatformPath, 'resolve'>
}

/** One kind of store: how it is named, and who opens it. */
export interface StoreScheme {
  /** What its names begin with, up to the colon. */
  readonly names: readonly string[]
  /** A name, for messages. */
  readonly example: string
  /** Its lines in `--help`. */
  readonly forms: readonly (readonly [form: string, meaning: string])[]
  /** Understands a name, and opens nothing yet. Throws a `UsageError`, which quotes only `inWords`. */
  read(written: WrittenName, context: PathContext): StoreName
}
