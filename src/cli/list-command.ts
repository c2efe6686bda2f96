import { type CommandEnvironment, EXIT } from './command-environment.js'
import { type Command, type CommandRequest, operandOf } from './command.js'
import { findMisnomer } from './misnamed-store.js'
import type { Printer } from './printer.js'
import { parseStoreName } from './stores/parse-store-name.js'
import { listSessions } from './store-view.js'

/** `list`: the ids of all sessions. */
export const listCommand: Command = {
  name: 'list',
  summary: 'Prints the ids of all sessions, one per line, readable or not.',
  operands: ['store'],
  options: { json: { meaning: 'Prints a JSON array of the ids instead.' } },
  remarks: ['Control characters are shown as \\u{…}; --json keeps every id as it is.'],
  run: runList,
}

async function runList(request: CommandRequest, environment: CommandEnvironment, printer: Printer): Promise<number> {
  const name = parseStoreName(operandOf(request, 0), environment)
  const opened = await name.open('look')
  try {
    const ids = await listSessions(opened.store)
    if (request.switches.has('json')) printer.json(ids)
    else for (const sessionId of ids) printer.line(sessionId)
    const misnomer = await findMisnomer(name, ids.length > 0)
    if (misnomer !== null) printer.note(misnomer.message, 'doubtful')
    return EXIT.fine
  } finally {
    await opened.close()
  }
}
