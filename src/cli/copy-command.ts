import { copySessions } from '../copy/copy-sessions.js'
import type { SessionStore } from '../store/session-store.js'
import { reportSweep, showProgress } from './batch-report.js'
import { type CommandEnvironment, CommandError, UsageError } from './command-environment.js'
import { type Command, type CommandRequest, operandOf, valueOf } from './command.js'
import { explainEmptiness } from './misnamed-store.js'
import type { Printer } from './printer.js'
import { parseStoreName } from './stores/parse-store-name.js'
import { listSessions, readKeyFile, sealStore } from './store-view.js'
import { holdsSealedSession } from './stored-sessions.js'

/** `copy`: sessions of one store into another. */
export const copyCommand: Command = {
  name: 'copy',
  summary: 'Copies sessions from one store to another and verifies the copy.',
  operands: ['from', 'to'],
  options: {
    session: { value: 'id', isRepeatable: true, meaning: 'Copies only this session. Without it, copies all sessions.' },
    overwrite: { meaning: 'Replaces sessions that differ in the target, or belong to another phone there.' },
    'from-key-file': { value: 'file', meaning: 'Decrypts the records of the source with the keys in this file.' },
    'allow-plain': { meaning: 'Also copies encrypted sessions into a plain target, and plain sessions into an encrypted one.' },
    'to-key-file': { value: 'file', meaning: 'Encrypts the copies with the current key in this file.' },
  },
  remarks: [
    'The source does not change, and the target is created if it does not exist. Sessions that are running are skipped. SIGINT stops',
    'it between two sessions; run it again to continue. Never run a session in both stores: to WhatsApp, it is one device.',
  ],
  run: runCopy,
}

async function runCopy(request: CommandRequest, environment: CommandEnvironment, printer: Printer): Promise<number> {
  const { directory } = environment
  const [from, to] = [parseStoreName(operandOf(request, 0), environment), parseStoreName(operandOf(request, 1), environment)]
  if (from.place === to.place) throw new UsageError('Both names mean the same place.')
  const keys = async (option: string): Promise<(store: SessionStore) => SessionStore> => {
    const file = valueOf(request, option)
    if (file === undefined) return (store) => store
    const keyFile = await readKeyFile(file, directory)
    return (store) => sealStore(store, keyFile, false)
  }
  // Before anything is made.
  const [openSource, sealTarget] = [await keys('from-key-file'), await keys('to-key-file')]
  const source = await from.open('change')
  try {
    const misnomer = await explainEmptiness(from, source)
    if (misnomer !== null) throw new CommandError(`${misnomer} Nothing was copied.`)
    const sessions = await chosenSessions(source.store, request.values.get('session'))
    // Without keys for the target it gets plain text.
    const isPlain = !request.values.has('to-key-file') && !request.switches.has('allow-plain')
    if (isPlain && request.values.has('from-key-file'))
      await assertNothingSealed(source.store, `${from.text} is encrypted, and the copy would not be. Give keys with --to-key-file, or pass --allow-plain.`)
    const target = await to.open('fill')
    try {
      if (isPlain) await assertNothingSealed(target.store, `${to.text} is encrypted. Give its keys with --to-key-file, or pass --allow-plain.`)
      const report = await copySessions(openSource(source.store), sealTarget(target.store), {
        sessions,
        overwrite: request.switches.has('overwrite'),
        signal: environment.signal,
        onProgress: showProgress('Copying', printer),
      })
      const summary = { verb: 'Copied', changed: report.copied, unchanged: report.unchanged, failed: report.failed, typed: [from.place, to.place] }
      const code = reportSweep(summary, environment.signal.aborted, printer)
      if (!request.values.has('from-key-file') && report.failed.some(({ error }) => error.code === 'WRONG_KEY'))
        printer.note(`${from.text} is encrypted. Give its keys with --from-key-file.`, 'bad')
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
