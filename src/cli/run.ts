import { readFile } from 'node:fs/promises'
import { errorCode, isSessionError } from '../errors.js'
import { adoptCommand } from './adopt-command.js'
import { type CommandEnvironment, CommandError, EXIT, UsageError } from './command-environment.js'
import type { Command } from './command.js'
import { copyCommand } from './copy-command.js'
import { deleteCommand } from './delete-command.js'
import { doctorCommand } from './doctor-command.js'
import { drainCommand } from './drain-command.js'
import { encryptCommand } from './encrypt-command.js'
import { fleetCommand } from './fleet-command.js'
import { commandHelp, programHelp } from './help.js'
import { linkCommand } from './link-command.js'
import { listCommand } from './list-command.js'
import { newKeyCommand } from './new-key-command.js'
import { parseArguments } from './parse-arguments.js'
import { Printer } from './printer.js'
import { schemaCommand } from './schema-command.js'
import { statusCommand } from './status-command.js'
import { maskPrivate } from './terminal-text.js'
import { whatsAppServerCommand } from './whatsapp-server-command.js'

/** Every command of the program, in the order of `--help`. */
export const COMMANDS: readonly Command[] = Object.freeze([
  linkCommand,
  statusCommand,
  fleetCommand,
  drainCommand,
  doctorCommand,
  listCommand,
  adoptCommand,
  copyCommand,
  encryptCommand,
  newKeyCommand,
  deleteCommand,
  schemaCommand,
  whatsAppServerCommand,
])

/** Runs the program with its arguments, without the name of the program. Resolves with the exit code; never rejects. */
export async function run(args: readonly string[], environment: CommandEnvironment): Promise<number> {
  const printer = new Printer(environment)
  try {
    const asked = parseArguments(args, COMMANDS)
    if (asked.kind === 'command') return await asked.command.run(asked.request, environment, printer)
    if (asked.kind === 'version') printer.line(await packageVersion())
    else printer.text(asked.command === null ? programHelp(COMMANDS) : commandHelp(asked.command))
    return EXIT.fine
  } catch (error) {
    if (environment.signal.aborted) return EXIT.interrupted
    explain(error, args, printer)
    return error instanceof UsageError ? EXIT.usage : EXIT.trouble
  }
}

function explain(error: unknown, args: readonly string[], printer: Printer): void {
  if (error instanceof UsageError) {
    const [first = ''] = args
    const command = COMMANDS.some(({ name }) => name === first) ? ` ${first}` : ''
    printer.note(`${error.message} See baileys-sessions${command} --help.`, 'bad')
  } else if (error instanceof CommandError || isSessionError(error)) {
    printer.note(maskPrivate(error.message, args), 'bad')
  } else {
    explainUnforeseen(error, printer)
  }
}

/** A mistake of this program. Its place is told, and not its message: nobody can say what stands in it. */
function explainUnforeseen(error: unknown, printer: Printer): void {
  const [name, stack] = error instanceof Error ? [error.name, error.stack ?? ''] : [typeof error, '']
  printer.note(`Unexpected error in baileys-sessions (${name}). Please report it with these lines:`, 'bad')
  for (const line of stack.split('\n').filter((text) => /^ {4}at /u.test(text))) printer.note(line)
}

/** The version of this package, from the nearest package.json above this file: it runs from `src` and from `dist`. */
export async function packageVersion(): Promise<string> {
  for (let place = new URL('.', import.meta.url); ; place = new URL('..', place)) {
    const text = await readOrNull(new URL('package.json', place))
    const content: unknown = text === null ? null : JSON.parse(text)
    if (typeof content === 'object' && content !== null && 'version' in content) return String(content.version)
    if (place.pathname === '/') return 'unknown'
  }
}

async function readOrNull(file: URL): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return null
    throw error
  }
}
