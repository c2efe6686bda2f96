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
  if (['--help', '-h', 'help'].includes(first)) return { kind: 'help', command: commands.find(({ name }) => name === rest[0]) ?? null }
  if (['--version', '-v'].includes(first)) return { kind: 'version' }
  const command = commands.find(({ name }) => name === first)
  if (command === undefined) {
    throw new UsageError(first.startsWith('-') ? 'The first argument must be a command, not an option.' : `There is no command "${first}".`)
  }
  if (isHelp(rest)) return { kind: 'help', command }
  return { kind: 'command', command, request: parseRequest(rest, command) }
}

function isHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end < 0 ? undefined : end).some(argument => argument === '--help' || argument === '-h')
}

function parseRequest(args: readonly string[], { name, operands: wanted, options }: CommandDescription): CommandRequest {
  const { values, positionals } = parseOptions(args, options)
  if (positionals.length !== wanted.length || positionals.includes('')) {
    const names = wanted.map(operand => `<${operand}>`).join(' ')
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
    throw new UsageError(explain(error))
  }
}

/** In our words: Node's message differs between its versions, and advises what does not help here. */
function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const option = /'(?:-\w, )?(--?[\w-]+)/u.exec(message)?.[1] ?? 'an option'
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `There is no option ${option} here.`
  return message.includes('does not take') ? `Option ${option} takes no value.` : `Option ${option} needs a value.`
}
