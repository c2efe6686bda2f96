import { type CommandEnvironment, EXIT } from './command-environment.js'
import { type Command, type CommandRequest, operandOf } from './command.js'
import { fleetLine, type FleetReport, fleetTable, reportFleet } from './fleet/fleet-report.js'
import { lookAtFleet } from './fleet/fleet.js'
import { requireCluster } from './fleet/require-cluster.js'
import { findMisnomer } from './misnamed-store.js'
import type { Printer } from './printer.js'
import { parseStoreName } from './stores/parse-store-name.js'
import { listSessions } from './store-view.js'

/** `fleet`: the processes that use a store. */
export const fleetCommand: Command = {
  name: 'fleet',
  summary: 'Shows the processes that use a store, and how many sessions each of them runs.',
  operands: ['store'],
  options: { json: { meaning: 'Prints one JSON object instead of a table.' } },
  remarks: ['Only reads: it takes no lock and writes nothing.'],
  run: runFleet,
}

async function runFleet(request: CommandRequest, environment: CommandEnvironment, printer: Printer): Promise<number> {
  const name = parseStoreName(operandOf(request, 0), environment)
  const opened = await name.open('look')
  try {
    const cluster = requireCluster(name, opened.store)
    const sessionIds = await listSessions(opened.store)
    const fleet = await lookAtFleet(cluster, sessionIds)
    const misnomer = await findMisnomer(name, sessionIds.length > 0)
    if (misnomer !== null) printer.note(misnomer.message, 'doubtful')
    const report = reportFleet(name.text, fleet, sessionIds)
    if (request.switches.has('json')) printer.json(report)
    else printFleet(report, printer)
    return EXIT.fine
  } finally {
    await opened.close()
  }
}

function printFleet(report: FleetReport, printer: Printer): void {
  const [head = '', ...lines] = fleetTable(report.processes)
  if (lines.length > 0) printer.line(head)
  for (const [index, line] of lines.entries()) printer.line(line, report.processes[index]?.takesSessions === true ? 'plain' : 'doubtful')
  printer.line(fleetLine(report))
}
