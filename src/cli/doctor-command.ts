import { type CommandEnvironment, EXIT, UsageError } from './command-environment.js'
import { type Command, type CommandRequest, operandOf, valueOf } from './command.js'
import { diagnose } from './doctor/diagnosis.js'
import { type ReportedSession, reportSession, reportStore, serverLine, sessionLine, summaryLine, waitsForPerson } from './doctor/doctor-report.js'
import type { Finding } from './doctor/finding.js'
import { examineStore, gatherFacts, lookAtFolder } from './doctor/gather-facts.js'
import { type RepairReport, repairSession } from './doctor/repair-session.js'
import type { Printer } from './printer.js'
import { parseStoreName } from './stores/parse-store-name.js'
import type { OpenedStore, StoreName } from './stores/store-name.js'
import { listNamedSessions, type StoreView, viewStore } from './store-view.js'

/** `doctor`: what became of each session, and what is not as it should be. */
export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Shows the state of each session, and what is wrong with it.',
  operands: ['store'],
  options: {
    repair: { meaning: 'Repairs what it can without losing data, in sessions that are not running.' },
    json: { meaning: 'Prints one JSON object instead of lines.' },
    'show-numbers': { meaning: 'Shows phone numbers in full.' },
    'key-file': { value: 'file', meaning: 'Decrypts records with the keys in this file.' },
  },
  remarks: ['Reads every record, and changes nothing without --repair. Exits with 1 if something needs a person.'],
  run: runDoctor,
}

interface Examination {
  readonly name: StoreName
  readonly opened: OpenedStore
  readonly view: StoreView
  readonly isRepair: boolean
  readonly showNumbers: boolean
}

async function runDoctor(request: CommandRequest, environment: CommandEnvironment, printer: Printer): Promise<number> {
  const name = parseStoreName(operandOf(request, 0), environment)
  const isRepair = request.switches.has('repair')
  if (isRepair) requireRepairable(name)
  const opened = await name.open(isRepair ? 'change' : 'look')
  try {
    const view = await viewStore(opened.store, valueOf(request, 'key-file'), environment.directory)
    const examination = { name, opened, view, isRepair, showNumbers: request.switches.has('show-numbers') }
    return await examineAll(examination, request.switches.has('json'), environment, printer)
  } finally {
    await opened.close()
  }
}

/** A server leaves no write half done, and no files that could be cleaned up. */
function requireRepairable({ text, server }: StoreName): void {
  if (server !== null)
    throw new UsageError(`There is nothing that --repair could mend in ${text}: ${server} makes each change as a whole or not at all. Leave --repair out.`)
}

async function examineAll(examination: Examination, isJson: boolean, { signal }: CommandEnvironment, printer: Printer): Promise<number> {
  const sessionIds = await listNamedSessions(examination.name, examination.view.raw)
  const examined = await examineStore(examination.name, examination.opened, sessionIds.length > 0)
  if (!isJson) {
    if (examined.server !== null) printer.line(serverLine(examined.server))
    printFindings(examined.findings, printer, '')
  }
  const sessions: ReportedSession[] = []
  for (const sessionId of sessionIds) {
    if (signal.aborted) break
    const session = await examine(examination, sessionId)
    sessions.push(session)
    if (!isJson) printSession(session, printer)
  }
  const report = reportStore(examined, sessions)
  if (signal.aborted) return EXIT.interrupted
  if (isJson) printer.json(report)
  else printer.line(summaryLine(report))
  return report.needsPerson ? EXIT.trouble : EXIT.fine
}

async function examine({ name, view, isRepair, showNumbers }: Examination, sessionId: string): Promise<ReportedSession> {
  let facts = await gatherFacts(name, view, sessionId)
  let repaired: RepairReport = { done: [], refused: [] }
  if (isRepair) {
    repaired = await repairSession({ store: view.raw, lookAtFolder: () => lookAtFolder(name, sessionId) }, facts)
    if (repaired.done.length > 0) facts = await gatherFacts(name, view, sessionId)
  }
  return reportSession(diagnose(facts, new Date()), repaired, { showNumbers, typed: [name.place, sessionId] })
}

function printSession(session: ReportedSession, printer: Printer): void {
  printer.line(sessionLine(session), waitsForPerson(session) ? 'bad' : 'good')
  for (const done of session.repairs) printer.line(`  repaired: ${done}`, 'good')
  for (const refusal of session.refusals) printer.line(`  ${refusal}`, 'bad')
  printFindings(session.findings, printer, '  ')
}

function printFindings(findings: readonly Finding[], printer: Printer, indent: string): void {
  for (const { message, needsPerson } of findings) printer.line(`${indent}${message}`, needsPerson ? 'bad' : 'doubtful')
}
