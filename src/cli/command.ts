import type { CommandEnvironment } from './command-environment.js'
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
