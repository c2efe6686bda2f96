import { describe, expect, it } from 'vitest'
import { parseArguments } from '../../src/cli/parse-arguments.js'
import { UsageError } from '../../src/cli/command-environment.js'
import { COMMANDS } from '../../src/cli/run.js'
import { runCommand } from './command-line.js'

const CANARY = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='
const parse = (...args: string[]): ReturnType<typeof parseArguments> => parseArguments(args, COMMANDS)

describe('what was asked for', () => {
  it('is understood, wherever the options stand', () => {
    const asked = parse('copy', '--session', 'a', 'fs:x', '--session=-b', '--overwrite', 'fs:y')
    expect(asked).toMatchObject({
      kind: 'command',
      command: { name: 'copy' },
      request: { operands: ['fs:x', 'fs:y'], switches: new Set(['overwrite']), values: new Map([['session', ['a', '-b']]]) },
    })
  })

  it('may be an id that looks like an option, after --', () => {
    expect(parse('delete', 'fs:x', '--', '--yes')).toMatchObject({ request: { operands: ['fs:x', '--yes'], switches: new Set() } })
    expect(parse('delete', 'fs:x', '--', '--help')).toMatchObject({ kind: 'command' })
  })

  it('may leave out the argument that is optional', () => {
    expect(parse('status', 'fs:x')).toMatchObject({ request: { operands: ['fs:x'] } })
    expect(parse('status', 'fs:x', 'y')).toMatchObject({ request: { operands: ['fs:x', 'y'] } })
  })

  it('may be help or the version', () => {
    expect(parse()).toEqual({ kind: 'help', command: null })
    expect(parse('--help')).toEqual({ kind: 'help', command: null })
    expect(parse('-h')).toEqual({ kind: 'help', command: null })
    expect(parse('help', 'copy')).toMatchObject({ kind: 'help', command: { name: 'copy' } })
    expect(parse('doctor', '--help')).toMatchObject({ kind: 'help', command: { name: 'doctor' } })
    expect(parse('--version')).toEqual({ kind: 'version' })
  })
})

const WRONG: readonly (readonly [args: string[], message: string])[] = [
  [['repair'], 'Unknown command "repair". Commands: link, status, fleet, drain, doctor, list, adopt, copy, encrypt, new-key, delete, schema, whatsapp-server.'],
  [
    ['help', 'docter'],
    'Unknown command "docter". Commands: link, status, fleet, drain, doctor, list, adopt, copy, encrypt, new-key, delete, schema, whatsapp-server.',
  ],
  [
    ['--help', 'docter'],
    'Unknown command "docter". Commands: link, status, fleet, drain, doctor, list, adopt, copy, encrypt, new-key, delete, schema, whatsapp-server.',
  ],
  [['--json'], 'The first argument must be a command, not an option.'],
  [['doctor'], '"doctor" takes <store>, but got 0 arguments.'],
  [['doctor', ''], '<store> of "doctor" is empty. Is a variable not set?'],
  [['delete', 'fs:x', '', '--yes'], '<id> of "delete" is empty. Is a variable not set?'],
  [['delete', 'fs:x', 'y', ''], '"delete" takes <store> <id>, but got 3 arguments.'],
  [['doctor', 'fs:x', 'fs:y'], '"doctor" takes <store>, but got 2 arguments.'],
  [['copy', 'fs:x'], '"copy" takes <from> <to>, but got 1 argument.'],
  [['status'], '"status" takes <store> [id], but got 0 arguments.'],
  [['status', 'fs:x', 'y', 'z'], '"status" takes <store> [id], but got 3 arguments.'],
  [['status', 'fs:x', ''], '<id> of "status" is empty. Is a variable not set?'],
  [['doctor', 'fs:x', '--fix'], 'Unknown option --fix. Options: --repair, --json, --show-numbers, --key-file.'],
  [['delete', 'fs:x', '-y'], 'Unknown option -y. Options: --yes. Put an argument that begins with a dash after "--".'],
  [['new-key', '--force'], 'Unknown option --force. "new-key" has no options.'],
  [['doctor', 'fs:x', '-r'], 'Unknown option -r. Options: --repair, --json, --show-numbers, --key-file. Put an argument that begins with a dash after "--".'],
  [['doctor', 'fs:x', '--json=yes'], 'Option --json takes no value.'],
  [['doctor', 'fs:x', '--key-file'], 'Option --key-file needs a value.'],
  [['doctor', 'fs:x', '--key-file', '--json'], 'Option --key-file needs a value. Write a value that begins with a dash as --key-file=-…'],
  [['doctor', 'fs:x', '--key-file', 'a', '--key-file', 'b'], 'Option --key-file was given more than once.'],
]

describe('what cannot be understood', () => {
  it.each(WRONG)('%j: a sentence', (args, message) => {
    expect(() => parse(...args)).toThrow(new UsageError(message))
  })

  it.each(WRONG)('%j: exit code 2, nothing on stdout, and where to look', async (args, message) => {
    expect(await runCommand(args)).toEqual({ code: 2, output: '', errors: expect.stringMatching(/ See baileys-sessions( [\w-]+)? --help\.\n$/u) })
    expect((await runCommand(args)).errors).toContain(message)
  })

  it.each([
    ['doctor', 'fs:x', '--key', CANARY],
    ['doctor', 'fs:x', `--key=${CANARY}`],
    ['doctor', 'fs:x', `-k${CANARY}`],
    ['encrypt', 'fs:x', CANARY],
    ['doctor', 'fs:x', `--json=${CANARY}`],
    ['doctor', 'fs:x', `-${CANARY}`],
    ['encrypt', 'fs:x', '--key-file', 'a', `--key-file=${CANARY}`],
  ])('%s %s %s: a key that somebody typed is not repeated', async (...args) => {
    const { code, output, errors } = await runCommand(args)
    expect(code).toBe(2)
    expect(output + errors).not.toContain(CANARY.slice(0, 12))
  })
})
