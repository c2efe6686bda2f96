import type { Readable } from 'node:stream'

/** A stream that is written to; `process.stdout` is one. */
export interface OutputStream {
  /** Whether a person looks at it. */
  readonly isTTY?: boolean | undefined
  /** How wide it is, when it is a terminal. */
  readonly columns?: number | undefined
  /** How high it is, when it is a terminal. */
  readonly rows?: number | undefined
  /** Writes a text. */
  write(text: string): unknown
}

/** A stream that is read from; `process.stdin` is one. */
export interface InputStream extends Readable {
  /** Whether a person types. */
  readonly isTTY?: boolean | undefined
}

/** All that a command sees of the world but the stores. */
export interface CommandEnvironment {
  /** Where results go. */
  readonly stdout: OutputStream
  /** Where errors, questions and progress go. */
  readonly stderr: OutputStream
  /** Where answers come from. */
  readonly stdin: InputStream
  /** The variables of the process. */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** What relative paths start from. */
  readonly directory: string
  /** Aborts at SIGINT: what is under way is finished, and nothing new begun. */
  readonly signal: AbortSignal
}
