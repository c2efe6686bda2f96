import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { CommandDescription, CommandRequest } from './command.js'
import { UsageError } from './command-environment.js'
import { operandsForm } from './help.js'

/** What was asked for. */
export type Asked<Known extends CommandDescription> =
  | { readonly kind: 'help'; readonly command: Known | null }
  | { readonly kind: 'version' }
  | { readonly kind: 'command'; readonly command: Known; readonly request: CommandRequest }

/** Understands the arguments of the program. Throws a {@link UsageError}, which names no values: somebody may have typed a key. */
export function parseArguments<Known extends CommandDescription>(args: readonly string[], commands: readonly Known[]): Asked<Known> {
  const [first, ...rest] = args
  if (first === undefined) return { kind: 'help', command: null }
  if (['--help', '-h', 'help'].includes(first)) return { kind: 'help', command: rest[0] === undefined ? null : findCommand(rest[0], commands) }
  if (['--version', '-v'].includes(first)) return { kind: 'version' }
  const command = findCommand(first, commands)
  if (isHelp(rest)) return { kind: 'help', command }
  return { kind: 'command', command, request: parseRequest(rest, command) }
}

function findCommand<Known extends CommandDescription>(asked: string, commands: readonly Known[]): Known {
  const command = commands.find(({ name }) => name === asked)
  if (command !== undefined) return command
  if (asked.startsWith('-')) throw new UsageError('The first argument must be a command, not an option.')
  throw new UsageError(`Unknown command "${asked}". Commands: ${commands.map(({ name }) => name).join(', ')}.`)
}

function isHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end < 0 ? undefined : end).some((argument) => argument === '--help' || argument === '-h')
}

function parseRequest(args: readonly string[], command: CommandDescription): CommandRequest {
  const { options } = command
  const { values, positionals } = parseOptions(args, command)
  checkOperands(positionals, command)
  const switches = new Set<string>()
  const texts = new Map<string, readonly string[]>()
  for (const [option, value] of Object.entries(values)) {
    if (!Array.isArray(value)) continue
    const given = value.filter((item) => typeof item === 'string')
    if (given.length === 0) switches.add(option)
    else texts.set(option, given)
    if (given.length > 1 && options[option]?.isRepeatable !== true) throw new UsageError(`Option --${option} was given more than once.`)
  }
  return { operands: positionals, switches, values: texts }
}

function checkOperands(given: readonly string[], command: CommandDescription): void {
  const { name, operands, optionalOperand } = command
  const empty = [...operands, ...(optionalOperand === undefined ? [] : [optionalOperand])][given.indexOf('')]
  if (empty !== undefined) throw new UsageError(`<${empty}> of "${name}" is empty. Is a variable not set?`)
  const isOneMore = optionalOperand !== undefined && given.length === operands.length + 1
  if (given.length === operands.length || isOneMore) return
  const wanted = operandsForm(command)
  throw new UsageError(`"${name}" takes ${wanted === '' ? 'no arguments' : wanted}, but got ${given.length} ${given.length === 1 ? 'argument' : 'arguments'}.`)
}

type Parsed = ReturnType<typeof parseArgs>

function parseOptions(args: readonly string[], command: CommandDescription): Parsed {
  const { options } = command
  const config: ParseArgsConfig['options'] = Object.fromEntries(
    Object.entries(options).map(([option, { value }]) => [option, { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: true }]),
  )
  try {
    return parseArgs({ args: [...args], options: config, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(explain(error, command))
  }
}

/** In our words: Node's message differs between its versions, and advises what does not help here. */
function explain(error: unknown, { name, options }: CommandDescription): string {
  const message = error instanceof Error ? error.message : ''
  const option = /'(?:-\w, )?(--?[\w-]+)/u.exec(message)?.[1] ?? 'an option'
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const known = Object.keys(options)
      .map((each) => `--${each}`)
      .join(', ')
    return `Unknown option ${option}. ${known === '' ? `"${name}" has no options.` : `Options: ${known}.`}${option.startsWith('--') ? '' : ' Put an argument that begins with a dash after "--".'}`
  }
  if (message.includes('does not take')) return `Option ${option} takes no value.`
  return `Option ${option} needs a value.${message.includes('ambiguous') ? ` Write a value that begins with a dash as ${option}=-…` : ''}`
}
