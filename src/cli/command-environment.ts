import type { Readable } from 'node:stream'

/** The caller asked for something that this program does not understand: exit code 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

/** Something that was asked for could not be done, for a reason that a person can mend: exit code 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
}

/** What a process ends with, as scripts know it. */
export interface ExitCodes {
  /** Done, and nothing needs a person. */
  readonly fine: 0
  /** Something needs a person, or could not be done. */
  readonly trouble: 1
  /** What was asked for makes no sense. */
  readonly usage: 2
  /** Ended early by SIGINT. */
  readonly interrupted: 130
}

/** What a process ends with, as scripts know it. */
export const EXIT: ExitCodes = Object.freeze({ fine: 0, trouble: 1, usage: 2, interrupted: 130 })

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
