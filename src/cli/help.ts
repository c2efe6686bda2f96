import type { CommandDescription, OptionDescription } from './command.js'
import { STORE_NAMES } from './stores/parse-store-name.js'

/** The help of the program. */
export function programHelp(commands: readonly CommandDescription[]): string {
  return [
    'Links phones and manages the stored sessions of baileys-sessions.',
    '',
    'Usage: baileys-sessions <command> …',
    '',
    'Commands:',
    ...columns(commands.map((command) => [usage(command), command.summary])),
    '',
    'Stores:',
    ...columns(STORE_NAMES),
    '',
    'Exit codes: 0 ok, 1 something needs a person, 2 wrong usage, 130 interrupted.',
    'Run baileys-sessions <command> --help for details, or --version for the version.',
  ].join('\n')
}

/** The help of one command. */
export function commandHelp(command: CommandDescription): string {
  const options = Object.entries(command.options)
  return [
    `Usage: baileys-sessions ${usage(command)}${options.length > 0 ? ' [options]' : ''}`,
    '',
    command.summary,
    ...(command.remarks === undefined ? [] : ['', ...command.remarks]),
    ...(options.length === 0 ? [] : ['', 'Options:', ...columns(options.map(([name, option]) => [optionForm(name, option), option.meaning]))]),
  ].join('\n')
}

/** The arguments of a command as they are written: `<store> [id]`. */
export function operandsForm({ operands, optionalOperand }: CommandDescription): string {
  return [...operands.map((operand) => `<${operand}>`), ...(optionalOperand === undefined ? [] : [`[${optionalOperand}]`])].join(' ')
}

/** An option as it is written: `--session <id>…`. */
export function optionForm(name: string, { value, isRepeatable = false }: OptionDescription): string {
  return `--${name}${value === undefined ? '' : ` <${value}>`}${isRepeatable ? '…' : ''}`
}

function usage(command: CommandDescription): string {
  return [command.name, operandsForm(command)].join(' ')
}

/** Two columns, as a help text shows them. */
export function columns(rows: readonly (readonly [left: string, right: string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
