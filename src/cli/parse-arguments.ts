import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { CommandDescription, CommandRequest } from './command.js'
import { UsageError } from './command-error.js'

/** What was asked for. */
export type Asked<Known extends CommandDescription> =
  | { readonly kind: 'help'; readonly command: Known | null }
  | { readonly kind: 'version' }
  | { readonly kind: 'command'; readonly command: Known; readonly request: CommandRequest }

/** Understands the arguments of the program. Throws a {@link UsageError}, which names no values: somebody may have typed a key. */
export function parseArguments<Known extends CommandDescription>(args: readonly string[], commands: readonly Known[]): Asked<Known> {
  const [first, ...rest] = args
  if (first === undefined) throw new UsageError('Say what to do: a command is missing.')
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
  throw new UsageError(`There is no command "${asked}", but ${enumerate(commands.map(({ name }) => name))}.`)
}

function isHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end < 0 ? undefined : end).some(argument => argument === '--help' || argument === '-h')
}

function parseRequest(args: readonly string[], { name, operands: wanted, options }: CommandDescription): CommandRequest {
  const { values, positionals } = parseOptions(args, options)
  const empty = wanted[positionals.indexOf('')]
  if (empty !== undefined) throw new UsageError(`<${empty}> of "${name}" is empty: was a variable not set?`)
  if (positionals.length !== wanted.length) {
    const names = wanted.length === 0 ? 'no arguments' : wanted.map(operand => `<${operand}>`).join(' ')
    throw new UsageError(`"${name}" takes ${names}, and ${positionals.length} ${positionals.length === 1 ? 'argument was' : 'arguments were'} given.`)
  }
  const switches = new Set<string>()
  const texts = new Map<string, readonly string[]>()
  for (const [option, value] of Object.entries(values)) {
    if (!Array.isArray(value)) continue
    const given = value.filter(item => typeof item === 'string')
    if (given.length === 0) switches.add(option)
    else texts.set(option, given)
    if (given.length > 1 && options[option]?.isRepeatable !== true) throw new UsageError(`Option --${option} was given more than once.`)
  }
  return { operands: positionals, switches, values: texts }
}

type Parsed = ReturnType<typeof parseArgs>

function parseOptions(args: readonly string[], options: CommandDescription['options']): Parsed {
  const config: ParseArgsConfig['options'] = Object.fromEntries(Object.entries(options).map(([option, { value }]) =>
    [option, { type: value === undefined ? 'boolean' as const : 'string' as const, multiple: true }]))
  try {
    return parseArgs({ args: [...args], options: config, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(explain(error, Object.keys(options)))
  }
}

/** In our words: Node's message differs between its versions, and advises what does not help here. */
function explain(error: unknown, options: readonly string[]): string {
  const message = error instanceof Error ? error.message : ''
  const option = /'(?:-\w, )?(--?[\w-]+)/u.exec(message)?.[1] ?? 'an option'
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const known = options.length === 0 ? '' : `, but ${enumerate(options.map(name => `--${name}`))}`
    return `There is no option ${option} here${known}.${option.startsWith('--') ? '' : ' An argument that begins with a dash comes after "--".'}`
  }
  if (message.includes('does not take')) return `Option ${option} takes no value.`
  return `Option ${option} needs a value.${message.includes('ambiguous') ? ` One that begins with a dash is written ${option}=-…` : ''}`
}

/** `a, b and c`. */
function enumerate(names: readonly string[]): string {
  return names.join(', ').replace(/, ([^,]*)$/u, ' and $1')
}
