import { copySessions } from '../copy/copy-sessions.js'
import type { SessionStore } from '../store/session-store.js'
import { CommandError, UsageError } from './command-error.js'
import type { CommandEnvironment } from './command-environment.js'
import { type Command, type CommandRequest, operandOf, valueOf } from './command.js'
import { readKeyFile } from './key-file.js'
import { explainEmptiness } from './misnamed-store.js'
import { openStore } from './open-store.js'
import type { Printer } from './printer.js'
import { reportSweep } from './report-sweep.js'
import { someSealedSession } from './sealed-creds.js'
import { listSessions } from './session-list.js'
import { parseStoreName } from './store-name.js'
import { sealStore } from './store-view.js'
import { showProgress } from './sweep-progress.js'

/** `copy`: sessions of one store into another. */
export const copyCommand: Command = {
  name: 'copy',
  summary: 'Copies sessions from one store to another, and reads back what it wrote.',
  operands: ['from', 'to'],
  options: {
    'session': { value: 'id', isRepeatable: true, meaning: 'Copies this session; all of them when the option is not given.' },
    'overwrite': { meaning: 'Replaces sessions that the target holds in another state, or of another phone.' },
    'from-key-file': { value: 'file', meaning: 'Opens the encrypted records of the source with the keys of this file.' },
    'to-key-file': { value: 'file', meaning: 'Encrypts what goes into the target, under the current key of this file.' },
  },
  remarks: [
    'The source stays as it is, and the target is made when it is not there. Sessions that are run are left out. SIGINT ends',
    'it between two sessions; run again, it goes on where it was. Never run a session in both stores: WhatsApp has one device.',
  ],
  run: runCopy,
}

async function runCopy(request: CommandRequest, environment: CommandEnvironment, printer: Printer): Promise<number> {
  const { directory } = environment
  const [from, to] = [parseStoreName(operandOf(request, 0), directory), parseStoreName(operandOf(request, 1), directory)]
  if (from.kind === to.kind && from.path === to.path) throw new UsageError('Both names are those of one place.')
  const keys = async (option: string): Promise<(store: SessionStore) => SessionStore> => {
    const file = valueOf(request, option)
    if (file === undefined) return store => store
    const keyFile = await readKeyFile(file, directory)
    return store => sealStore(store, keyFile, false)
  }
  // Before anything is made.
  const [openSource, sealTarget] = [await keys('from-key-file'), await keys('to-key-file')]
  const source = await openStore(from, 'change')
  try {
    const misnomer = await explainEmptiness(from, source)
    if (misnomer !== null) throw new CommandError(`${misnomer} Nothing was copied.`)
    const sessions = await chosenSessions(source.store, request.values.get('session'))
    const target = await openStore(to, 'fill')
    try {
      if (!request.values.has('to-key-file')) await assertPlain(target.store, to.text)
      const report = await copySessions(openSource(source.store), sealTarget(target.store), {
        sessions, overwrite: request.switches.has('overwrite'), signal: environment.signal, onProgress: showProgress('Copying', printer),
      })
      const summary = { verb: 'Copied', changed: report.copied, unchanged: report.unchanged, failed: report.failed, typed: [from.path, to.path] }
      const code = reportSweep(summary, environment.signal.aborted, printer)
      if (!request.values.has('from-key-file') && report.failed.some(({ error }) => error.code === 'WRONG_KEY')) printer.note(`${from.text} is encrypted: name its keys with --from-key-file.`, 'bad')
      return code
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

async function chosenSessions(store: SessionStore, asked: readonly string[] | undefined): Promise<string[] | undefined> {
  if (asked === undefined) return undefined
  const listed = new Set(await listSessions(store))
  const missing = asked.find(sessionId => !listed.has(sessionId))
  if (missing !== undefined) throw new CommandError(`There is no session "${missing}" in the source. Nothing was copied.`)
  return [...asked]
}

/** A plain session among encrypted ones could not be read by the application that has the keys. */
async function assertPlain(store: SessionStore, name: string): Promise<void> {
  if (await someSealedSession(store)) throw new CommandError(`${name} is encrypted: name its keys with --to-key-file. Nothing was copied.`)
}
