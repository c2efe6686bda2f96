import { encryptRecords } from '../encryption/encrypt-records.js'
import type { KeyFile } from '../encryption/key-file.js'
import { reportSweep, showProgress } from './batch-report.js'
import { type CommandEnvironment, CommandError, EXIT, UsageError } from './command-environment.js'
import { type Command, type CommandRequest, operandOf, valueOf } from './command.js'
import { explainEmptiness, findForeignFolder } from './misnamed-store.js'
import type { Printer } from './printer.js'
import { parseStoreName } from './stores/parse-store-name.js'
import type { OpenedStore, StoreName } from './stores/store-name.js'
import { listNamedSessions, mergeKeyFiles, readKeyFile, sealStore } from './store-view.js'
import { holdsSealedCopy, holdsSealedRecord } from './stored-sessions.js'
import { maskPrivate } from './terminal-text.js'

/** `encrypt`: everything in a store under the current key. */
export const encryptCommand: Command = {
  name: 'encrypt',
  summary: 'Encrypts plain records, and re-encrypts records under older keys with the current one.',
  operands: ['store'],
  options: {
    'key-file': { value: 'file', meaning: 'Required. The keys; the current one encrypts.' },
    'old-key-file': { value: 'file', isRepeatable: true, meaning: 'Older keys, used only for reading.' },
    'allow-plain': { meaning: 'Also encrypts plain records among encrypted ones.' },
  },
  remarks: [
    'The first run needs only --key-file, because everything is still plain. Later, plain records among encrypted ones are reported',
    'and not changed, because somebody may have slipped them in. If they are yours, pass --allow-plain. You also need it to continue',
    'a first encryption that was cut off.',
    '',
    'Running sessions are skipped. SIGINT stops it between two steps; run it again to continue. Keep the old keys',
    'until it says that nothing failed, and keep them for as long as you keep backups of the store.',
  ],
  run: runEncrypt,
}

async function runEncrypt(request: CommandRequest, environment: CommandEnvironment, printer: Printer): Promise<number> {
  const name = parseStoreName(operandOf(request, 0), environment)
  const keys = await readKeys(request, environment.directory)
  const opened = await name.open('change')
  try {
    const misnomer = await explainEmptiness(name, opened)
    if (misnomer !== null) throw new CommandError(misnomer)
    // For its check of the keys.
    sealStore(opened.store, keys, true)
    const { sessions, refused } = await chooseSessions(name, opened)
    const isAllowed = request.switches.has('allow-plain')
    const isFirst = !isAllowed && !request.values.has('old-key-file') && !(await holdsAnythingSealed(name, opened, sessions, environment.signal))
    const report = await encryptRecords(
      opened.store,
      { ...keys, allowPlain: isAllowed || isFirst },
      { sessions, signal: environment.signal, onProgress: showProgress('Encrypting', printer) },
    )
    const typed = [name.place]
    const again = isAllowed || isFirst ? 'Run the command again with --allow-plain' : 'Run the command again'
    const summary = { verb: 'Encrypted', changed: report.encrypted, unchanged: report.unchanged, failed: report.failed, typed, again }
    const code = reportSweep(summary, environment.signal.aborted, printer)
    if (environment.signal.aborted) return code
    if (isFirst && report.encrypted.length > 0 && report.failed.length > 0) printer.note(`${again} for what is left.`, 'doubtful')
    // Also when nothing was to be encrypted: an earlier run may have been cut off before this.
    const left = await opened.removeTraces({ sessionIds: [...report.encrypted, ...report.unchanged], keyId: keys.currentKeyId })
    if (opened.server !== null && report.encrypted.length > 0) printer.note(opened.server.oldTexts, 'doubtful')
    for (const sentence of [...refused, ...left]) printer.note(maskPrivate(sentence, typed), 'bad')
    return refused.length + left.length > 0 ? EXIT.trouble : code
  } finally {
    await opened.close()
  }
}

/** What is to be encrypted, and why something is not: nobody wants the files of something else encrypted. */
async function chooseSessions(name: StoreName, { store }: OpenedStore): Promise<{ sessions: string[]; refused: string[] }> {
  const sessions: string[] = []
  const refused: string[] = []
  for (const sessionId of await listNamedSessions(name, store)) {
    const foreign = await findForeignFolder(name, store, sessionId)
    if (foreign === null) sessions.push(sessionId)
    else if (foreign.records > 0) refused.push(`${foreign.reason} Nothing in it was encrypted.`)
  }
  return { sessions, refused }
}

/** Whether anything was encrypted before. Then a plain record is no matter of course. */
async function holdsAnythingSealed(name: StoreName, { store }: OpenedStore, sessionIds: readonly string[], signal: AbortSignal): Promise<boolean> {
  if (name.folder !== null && (await holdsSealedCopy(name.folder, sessionIds))) return true
  return holdsSealedRecord(store, sessionIds, signal)
}

async function readKeys(request: CommandRequest, directory: string): Promise<KeyFile> {
  const file = valueOf(request, 'key-file')
  if (file === undefined) throw new UsageError('"encrypt" needs --key-file <file>.')
  const older: KeyFile[] = []
  for (const old of request.values.get('old-key-file') ?? []) older.push(await readKeyFile(old, directory))
  return mergeKeyFiles(await readKeyFile(file, directory), older)
}
