import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { FileConnectionRepository } from '../adapters/filesystem/file-connection-repository.js'
import { type CommandEnvironment, CommandError, EXIT } from './command-environment.js'
import { type Command, type CommandRequest, operandOf, valueOf } from './command.js'
import { findMisnomer } from './misnamed-store.js'
import type { Printer, Tone } from './printer.js'
import {
  lookAtSessions,
  type ReportedStanding,
  reportStanding,
  reportStatus,
  type StandingChanges,
  standingLine,
  standingsLine,
  type StatusPlace,
  watchSessions,
} from './status/standing-report.js'
import { parseStoreName } from './stores/parse-store-name.js'
import type { StoreName } from './stores/store-name.js'
import { listSessions, viewStore } from './store-view.js'

/** `status`: how sessions stand. */
export const statusCommand: Command = {
  name: 'status',
  summary: 'Shows whether sessions are linked, stopped, logged out or restricted, and which process runs them.',
  operands: ['store'],
  optionalOperand: 'id',
  options: {
    watch: { meaning: 'Keeps watching and shows each change, until SIGINT.' },
    json: { meaning: 'Prints one JSON object; with --watch, one line per change.' },
    connections: { value: 'file', meaning: 'Also shows the records of a FileConnectionRepository.' },
    'key-file': { value: 'file', meaning: 'Decrypts records with the keys in this file.' },
  },
  remarks: ['Only reads: it dials nothing, takes no lock and writes nothing. Exits with 1 if something needs a person.'],
  run: runStatus,
}

async function runStatus(request: CommandRequest, environment: CommandEnvironment, printer: Printer): Promise<number> {
  const { directory, signal } = environment
  const name = parseStoreName(operandOf(request, 0), environment)
  const sessionId = request.operands[1] ?? null
  const connections = await openConnections(valueOf(request, 'connections'), directory)
  const opened = await name.open('look')
  try {
    const view = await viewStore(opened.store, valueOf(request, 'key-file'), directory)
    const place: StatusPlace = { view, connections, sessionId }
    await requireKnown(name, place, printer)
    const look = async (): Promise<ReportedStanding[]> => (await lookAtSessions(place)).map((standing) => reportStanding(standing, [name.place]))
    const isJson = request.switches.has('json')
    if (!request.switches.has('watch')) return printStatus(name, await look(), isJson, printer)
    await watchSessions(look, signal, (changes) => printChanges(changes, isJson, printer))
    return EXIT.interrupted
  } finally {
    await opened.close()
  }
}

/** A repository makes its file; here a file that is not there was misspelled. */
async function openConnections(file: string | undefined, directory: string): Promise<FileConnectionRepository | null> {
  if (file === undefined) return null
  const path = resolve(directory, file)
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
  if (!isFile) throw new CommandError(`The file ${file} does not exist.`)
  return new FileConnectionRepository({ file: path })
}

async function requireKnown(name: StoreName, { view, connections, sessionId }: StatusPlace, printer: Printer): Promise<void> {
  const sessionIds = await listSessions(view.raw)
  const misnomer = await findMisnomer(name, sessionIds.length > 0)
  if (misnomer !== null) printer.note(misnomer.message, 'doubtful')
  if (sessionId === null || sessionIds.includes(sessionId) || ((await connections?.find(sessionId)) ?? null) !== null) return
  throw new CommandError(`There is no session "${sessionId}" in ${name.text}.`)
}

function printStatus(name: StoreName, sessions: readonly ReportedStanding[], isJson: boolean, printer: Printer): number {
  const report = reportStatus(name.text, sessions)
  if (isJson) {
    printer.json(report)
  } else {
    for (const session of sessions) printSession(session, printer)
    printer.line(standingsLine(report))
  }
  return report.needsPerson ? EXIT.trouble : EXIT.fine
}

function printChanges({ sessions, changed, gone }: StandingChanges, isJson: boolean, printer: Printer): void {
  if (isJson) {
    for (const session of changed) printer.jsonLine(session)
    for (const sessionId of gone) printer.jsonLine({ sessionId, state: 'gone' })
  } else if (printer.canRedraw) {
    const { rows } = printer.size
    const lines = sessions.map((session) => printer.fitting(standingLine(session)))
    // What does not fit cannot be replaced.
    const shown = lines.slice(0, Math.max(1, rows - 2))
    printer.picture(shown, `${standingsLine(reportStatus('', sessions))}${shown.length < lines.length ? ` ${lines.length - shown.length} not shown.` : ''}`)
  } else {
    for (const session of changed) printSession(session, printer)
    for (const sessionId of gone) printer.line(`${sessionId}: gone`, 'doubtful')
  }
}

function printSession(session: ReportedStanding, printer: Printer): void {
  printer.line(standingLine(session), toneOf(session))
  if (session.problem !== null) printer.line(`  ${session.problem}`, 'bad')
}

function toneOf({ needsPerson, linked }: ReportedStanding): Tone {
  if (needsPerson) return 'bad'
  return linked ? 'good' : 'doubtful'
}
