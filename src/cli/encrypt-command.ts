import { type EncryptReport, encryptRecords } from '../encryption/encrypt-records.js'
import { UsageError } from './command-error.js'
import type { CommandEnvironment } from './command-environment.js'
import { type Command, type CommandRequest, operandOf, valueOf } from './command.js'
import { type KeyFile, mergeKeyFiles, readKeyFile } from './key-file.js'
import { openStore } from './open-store.js'
import type { OpenedStore } from './opened-store.js'
import type { Printer } from './printer.js'
import { reportSweep } from './report-sweep.js'
import { parseStoreName } from './store-name.js'
import { sealStore } from './store-view.js'
import { showProgress } from './sweep-progress.js'

/** `encrypt`: everything in a store under the current key. */
export const encryptCommand: Command = {
  name: 'encrypt',
  summary: 'Encrypts what is plain, and moves what is under older keys to the current one.',
  operands: ['store'],
  options: {
    'key-file': { value: 'file', meaning: 'The keys; its current one encrypts. Must be given.' },
    'old-key-file': { value: 'file', isRepeatable: true, meaning: 'Older keys, which only read.' },
  },
  remarks: [
    'Sessions that are run are left out. SIGINT ends it between two steps; run again, it goes on where it was. Keep the old keys',
    'until it says that nothing failed, and backups of the store for as long as you keep their keys.',
  ],
  run: runEncrypt,
}

async function runEncrypt(request: CommandRequest, environment: CommandEnvironment, printer: Printer): Promise<number> {
  const name = parseStoreName(operandOf(request, 0), environment.directory)
  const keys = await readKeys(request, environment.directory)
  const opened = await openStore(name, 'change')
  try {
    // For its check of the keys.
    sealStore(opened.store, keys, true)
    const report = await encryptRecords(opened.store, { ...keys, allowPlain: true }, { signal: environment.signal, onProgress: showProgress('Encrypting', printer) })
    const summary = { verb: 'Encrypted', changed: report.encrypted, unchanged: report.unchanged, failed: report.failed }
    const code = reportSweep(summary, environment.signal.aborted, printer)
    await removeTraces(opened, report, printer)
    return code
  } finally {
    await opened.close()
  }
}

async function readKeys(request: CommandRequest, directory: string): Promise<KeyFile> {
  const file = valueOf(request, 'key-file')
  if (file === undefined) throw new UsageError('"encrypt" needs --key-file <file>.')
  const older: KeyFile[] = []
  for (const old of request.values.get('old-key-file') ?? []) older.push(await readKeyFile(old, directory))
  return mergeKeyFiles(await readKeyFile(file, directory), older)
}

/** Old texts stay in the free pages of a database. */
async function removeTraces({ removeTraces: remove }: OpenedStore, { encrypted }: EncryptReport, printer: Printer): Promise<void> {
  if (remove === undefined || encrypted.length === 0) return
  try {
    await remove()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    printer.note(`The database may still hold old texts in its free pages: run VACUUM when nothing uses it. ${why}`, 'doubtful')
  }
}
