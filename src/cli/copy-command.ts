import { copySessions } from '../copy/copy-sessions.js'
import type { SessionStore } from '../store/session-store.js'
import { reportSweep, showProgress } from './batch-report.js'
import { type CommandEnvironment, CommandError, UsageError } from './command-environment.js'
import { type Command, type CommandRequest, operandOf, valueOf } from './command.js'
import { explainEmptiness } from './misnamed-store.js'
import { openStore } from './open-store.js'
import type { Printer } from './printer.js'
import { parseStoreName } from './store-name.js'
import { listSessions, readKeyFile, sealStore } from './store-view.js'
import { holdsSealedSession } from './stored-sessions.js'

/** `copy`: sessions of one store into another. */
export const copyCommand: Command = {
  name: 'copy',
  summary: 'Copies sessions from one store to another, and reads back what it wrote.',
  operands: ['from', 'to'],
  options: {
    session: { value: 'id', isRepeatable: true, meaning: 'Copies this session; all of them when the option is not given.' },
    overwrite: { meaning: 'Replaces sessions that the target holds in another state, or of another phone.' },
    'from-key-file': { value: 'file', meaning: 'Opens the encrypted records of the source with the keys of this file.' },
    'allow-plain': { meaning: 'Copies also what is encrypted into a plain target, or plain sessions among encrypted ones.' },
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
    if (file === undefined) return (store) => store
    const keyFile = await readKeyFile(file, directory)
    return (store) => sealStore(store, keyFile, false)
  }
  // Before anything is made.
  const [openSource, sealTarget] = [await keys('from-key-file'), await keys('to-key-file')]
  const source = await openStore(from, 'change')
  try {
    const misnomer = await explainEmptiness(from, source)
    if (misnomer !== null) throw new CommandError(`${misnomer} Nothing was copied.`)
    const sessions = await chosenSessions(source.store, request.values.get('session'))
    // Without keys for the target it gets plain text.
    const isPlain = !request.values.has('to-key-file') && !request.switches.has('allow-plain')
    if (isPlain && request.values.has('from-key-file'))
      await assertNothingSealed(source.store, `${from.text} is encrypted, and the copy would not be: name keys with --to-key-file, or say --allow-plain.`)
    const target = await openStore(to, 'fill')
    try {
      if (isPlain) await assertNothingSealed(target.store, `${to.text} is encrypted: name its keys with --to-key-file, or say --allow-plain.`)
      const report = await copySessions(openSource(source.store), sealTarget(target.store), {
        sessions,
        overwrite: request.switches.has('overwrite'),
        signal: environment.signal,
        onProgress: showProgress('Copying', printer),
      })
      const summary = { verb: 'Copied', changed: report.copied, unchanged: report.unchanged, failed: report.failed, typed: [from.path, to.path] }
      const code = reportSweep(summary, environment.signal.aborted, printer)
      if (!request.values.has('from-key-file') && report.failed.some(({ error }) => error.code === 'WRONG_KEY'))
        printer.note(`${from.text} is encrypted: name its keys with --from-key-file.`, 'bad')
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
  const missing = asked.find((sessionId) => !listed.has(sessionId))
  if (missing !== undefined) throw new CommandError(`There is no session "${missing}" in the source. Nothing was copied.`)
  return [...asked]
}

/** Nobody should make plain text of what was encrypted by leaving an option out; nor could an application with the keys read it. */
async function assertNothingSealed(store: SessionStore, refusal: string): Promise<void> {
  if (await holdsSealedSession(store)) throw new CommandError(`${refusal} Nothing was copied.`)
}
