import { readStoredSession, type StoredSession } from '../auth/stored-session.js'
import type { KeyFile } from '../encryption/key-file.js'
import { isSessionError } from '../errors.js'
import { SessionManager } from '../manager/session-manager.js'
import { requirePhoneNumber, requireSessionId } from '../session/session-arguments.js'
import { quietLibsignal } from '../socket/workarounds/quiet-libsignal.js'
import { simulated } from '../testing/simulated-sessions.js'
import { type CommandEnvironment, CommandError, EXIT, UsageError } from './command-environment.js'
import { type Command, type CommandRequest, operandOf, valueOf } from './command.js'
import { isLinkedSession, type LinkEnd, type LinkPlace, linkSession, putBackUnlessLinked, readBefore, requireLinkable } from './link/link-session.js'
import { fillWords, LINK_LANGUAGES, type LinkWords } from './link/link-words.js'
import { PairingScreen } from './link/pairing-screen.js'
import { type PairingNetwork, pretendedNumber, realNetwork, startSimulatedNetwork } from './link/simulated-network.js'
import type { Printer } from './printer.js'
import { parseStoreName } from './stores/parse-store-name.js'
import type { StoreName } from './stores/store-name.js'
import { READ_TIMEOUT_MS, readKeyFile, sealStore } from './store-view.js'
import { maskNumber, maskPrivate } from './terminal-text.js'

/** `link`: a phone for a session. */
export const linkCommand: Command = {
  name: 'link',
  summary: 'Links a phone to a session, with a QR or a pairing code.',
  operands: ['store', 'id'],
  options: {
    code: { value: 'number', meaning: 'Shows a pairing code to type on the phone with this number, instead of a QR.' },
    'key-file': { value: 'file', meaning: 'Encrypts the session with the current key in this file.' },
    lang: { value: 'language', meaning: 'What the person with the phone reads, in English (en), Portuguese (pt-br) or Spanish (es). Default: en.' },
    'print-qr': { meaning: 'Prints the QR even if stdout is not a terminal. The QR is a secret.' },
    simulated: { meaning: 'Links a simulated phone with a WhatsApp on this machine: no network, nothing real.' },
  },
  remarks: [
    'Exits as soon as the phone is linked, and leaves all messages to your application. Creates the store if it does not exist.',
    'Does nothing if the session is already linked, or running in a process.',
  ],
  run: runLink,
}

/** What was asked for. */
interface LinkWish {
  readonly name: StoreName
  readonly sessionId: string
  readonly phoneNumber: string | null
  readonly isSimulated: boolean
  readonly keys: KeyFile | null
  readonly words: LinkWords
}

async function runLink(request: CommandRequest, environment: CommandEnvironment, printer: Printer): Promise<number> {
  const wish = await readWish(request, environment, printer)
  const opened = await wish.name.open('fill')
  try {
    const { keys, isSimulated, name, sessionId } = wish
    const open = keys === null ? opened.store : sealStore(opened.store, keys, true)
    const place: LinkPlace = { name, sessionId, isSimulated, view: { raw: opened.store, open, currentKeyId: keys?.currentKeyId ?? null } }
    await requireLinkable(place)
    const network = isSimulated
      ? await startSimulatedNetwork({
          phoneNumber: wish.phoneNumber ?? pretendedNumber(sessionId),
          onRefused: (message) => printer.note(message, 'doubtful'),
        })
      : realNetwork()
    try {
      return await linkAt(network, place, { ...wish, signal: environment.signal }, printer)
    } finally {
      await network.close()
    }
  } finally {
    await opened.close()
  }
}

/** Nothing is made or asked before all of this makes sense. */
async function readWish(request: CommandRequest, environment: CommandEnvironment, printer: Printer): Promise<LinkWish> {
  const name = parseStoreName(operandOf(request, 0), environment)
  const sessionId = understand(() => requireSessionId(operandOf(request, 1)))
  const code = valueOf(request, 'code')
  const phoneNumber = code === undefined ? null : understand(() => requirePhoneNumber(code))
  const isSimulated = request.switches.has('simulated')
  const mayPrint = printer.isTerminal || request.switches.has('print-qr') || isSimulated
  if (phoneNumber === null && !mayPrint) {
    throw new UsageError('A QR is a secret, and stdout is not a terminal. Pass --print-qr to print it anyway, or --code <number> for a pairing code.')
  }
  const keyFile = valueOf(request, 'key-file')
  const words = wordsOf(valueOf(request, 'lang') ?? 'en')
  return { name, sessionId, phoneNumber, isSimulated, words, keys: keyFile === undefined ? null : await readKeyFile(keyFile, environment.directory) }
}

function wordsOf(language: string): LinkWords {
  const words = LINK_LANGUAGES.get(language.toLowerCase())
  if (words === undefined) throw new UsageError(`Unknown language "${language}". Languages: ${[...LINK_LANGUAGES.keys()].join(', ')}.`)
  return words
}

function understand<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    if (error instanceof TypeError || isSessionError(error, 'INVALID_SESSION_ID')) throw new UsageError(error.message)
    throw error
  }
}

/** Who is linked, and when to stop. */
interface LinkRun {
  readonly phoneNumber: string | null
  readonly signal: AbortSignal
  readonly words: LinkWords
}

/** Links at a WhatsApp. Exported for tests, which have one of their own. */
export async function linkAt(network: PairingNetwork, place: LinkPlace, { phoneNumber, signal, words }: LinkRun, printer: Printer): Promise<number> {
  const { view, sessionId, isSimulated } = place
  const before = await readBefore(view.raw, sessionId)
  const unquiet = quietLibsignal()
  const screen = new PairingScreen(printer, words, isSimulated)
  const tell = (message: string): void => printer.note(maskPrivate(message, [sessionId]), 'doubtful')
  const manager = new SessionManager({
    store: isSimulated ? simulated(view.open) : view.open,
    socketConfig: network.socketConfig,
    reconnect: { maxRetries: 0 },
    messages: words.statuses,
  })
  manager.on('error', ({ error }) => tell(error.message))
  try {
    const end = await linkSession(
      manager,
      { sessionId, phoneNumber, signal },
      {
        onQr: (qr, expiresAt) => {
          screen.showQr(qr, expiresAt)
          network.onQr(qr)
        },
        onCode: (code, expiresAt) => {
          screen.showCode(code, expiresAt)
          network.onCode(code)
        },
        onOver: (message) => screen.takeAway(message),
        onNotice: tell,
      },
    ).finally(() => screen.clear())
    await closeManager(manager, sessionId)
    return report(end, await readStoredSession(view.open, sessionId, READ_TIMEOUT_MS), { ...place, words }, printer)
  } finally {
    await manager.close()
    await putBackUnlessLinked(view, sessionId, before)
    unquiet()
  }
}

async function closeManager(manager: SessionManager, sessionId: string): Promise<void> {
  const { notDrained } = await manager.close()
  if (notDrained.length > 0) throw new CommandError(`Session "${sessionId}" could not be written completely. Check it with the command "doctor".`)
}

/** Tells how it ended; returns the exit code. */
function report(end: LinkEnd, stored: StoredSession, { sessionId, isSimulated, words }: LinkPlace & Pick<LinkRun, 'words'>, printer: Printer): number {
  if (!isLinkedSession(stored)) {
    if (end.kind === 'gave-up') printer.note(`${words.notLinked} ${maskPrivate(end.snapshot.message, [sessionId])}`, 'bad')
    printer.note(words.nothingStored)
    return end.kind === 'called-off' ? EXIT.interrupted : EXIT.trouble
  }
  const name = end.kind === 'uploaded' && end.name !== null ? ` (${end.name})` : ''
  printer.line(fillWords(words.linked, { session: sessionId, number: maskNumber(stored.creds.phoneNumber), name }), 'good')
  if (isSimulated) printer.note('This is a simulated session. Its WhatsApp has stopped, so nothing can connect with it.')
  if (end.kind === 'uploaded') return EXIT.fine
  printer.note(
    `Its pre-keys are not uploaded yet. Your application uploads them when it first connects.${end.kind === 'gave-up' ? ` ${end.snapshot.message}` : ''}`,
    'doubtful',
  )
  return end.kind === 'called-off' ? EXIT.interrupted : EXIT.trouble
}
