import type { Readable } from 'node:stream'
import type { Printer } from './printer.js'

/** An option of a command, as `--help` and the documentation show it. */
export interface OptionDescription {
  /** What stands after it; none for a switch. */
  readonly value?: string
  /** Whether it may come several times. */
  readonly isRepeatable?: boolean
  /** One sentence. */
  readonly meaning: string
}

/** What `--help` says of a command, and what its arguments are held to. */
export interface CommandDescription {
  /** Its name. */
  readonly name: string
  /** One sentence. */
  readonly summary: string
  /** Its arguments, by name; all of them must be given. */
  readonly operands: readonly string[]
  /** One more argument, which may be left out. */
  readonly optionalOperand?: string
  /** Its options, by name without the dashes. */
  readonly options: Readonly<Record<string, OptionDescription>>
  /** What else a user has to know, a line each. */
  readonly remarks?: readonly string[]
}

/** What somebody asked of a command, after it was understood. */
export interface CommandRequest {
  /** The arguments: those that must be given, then the optional one if it was. */
  readonly operands: readonly string[]
  /** The switches that were given. */
  readonly switches: ReadonlySet<string>
  /** The values of the other options, in their order. */
  readonly values: ReadonlyMap<string, readonly string[]>
}

/** A command of the program. */
export interface Command extends CommandDescription {
  /** Does it; resolves with the exit code. Rejects with a `CommandError`, `UsageError` or `SessionError` for what a person can mend. */
  run(request: CommandRequest, environment: CommandEnvironment, printer: Printer): Promise<number>
}

/** The value of an option that comes once. */
export function valueOf(request: CommandRequest, option: string): string | undefined {
  return request.values.get(option)?.[0]
}

/** An argument by its place; `parseArguments` has seen to it that it is there. */
export function operandOf(request: CommandRequest, index: number): string {
  return request.operands[index] ?? ''
}

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
