import { randomBytes } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { syncFolder, writeNewFile } from '../adapters/filesystem/disk.js'
import { errorCode } from '../errors.js'
import { type CommandEnvironment, CommandError, EXIT } from './command-environment.js'
import { type Command, type CommandRequest, operandOf } from './command.js'
import type { Printer } from './printer.js'

/** `new-key`: a file with a new key. */
export const newKeyCommand: Command = {
  name: 'new-key',
  summary: 'Creates a file with a new key that only its owner can read. Never overwrites a file.',
  operands: ['file'],
  options: {},
  remarks: [
    'Without the key, you can never read what it encrypted. Keep a copy, but not next to the store or its backups.',
    "Your application reads the file with keyFromFile: encrypted(store, await keyFromFile('./keys.json')).",
  ],
  run: runNewKey,
}

async function runNewKey(request: CommandRequest, { directory }: CommandEnvironment, printer: Printer): Promise<number> {
  const file = operandOf(request, 0)
  const keyId = newKeyId()
  const text = `${JSON.stringify({ currentKeyId: keyId, keys: { [keyId]: randomBytes(32).toString('base64') } }, null, 2)}\n`
  try {
    const path = resolve(directory, file)
    await writeNewFile(path, text, { isDurable: true })
    await syncFolder(dirname(path))
  } catch (error) {
    if (errorCode(error) === 'EEXIST')
      throw new CommandError(`${file} already exists. It was not overwritten, because the key in it would be lost. Choose another file.`)
    throw new CommandError(`${file} could not be written: ${error instanceof Error ? error.message : String(error)}.`)
  }
  printer.line(`Created the key ${keyId} in ${file}. Keep a copy of the file somewhere else: without it, you cannot read what it encrypts.`)
  return EXIT.fine
}

/** Another id for each key: records say by it which one they need. It has no digits in a row that look like those of a phone. */
function newKeyId(): string {
  return ['key', randomBytes(2).toString('hex'), randomBytes(2).toString('hex')].join('-')
}
