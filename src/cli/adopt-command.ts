import { resolve } from 'node:path'
import { type Advice, adviseOn, quoteForShell } from './adopt/advice.js'
import { survey, type Survey } from './adopt/survey.js'
import { type CommandEnvironment, EXIT } from './command-environment.js'
import { type Command, type CommandRequest, operandOf } from './command.js'
import type { Printer } from './printer.js'
import { maskNumber, maskPrivate } from './terminal-text.js'

/** `adopt`: what a folder of another program holds, and what to write for it. */
export const adoptCommand: Command = {
  name: 'adopt',
  summary: 'Looks at a folder of another program, and prints the constructor call that fits.',
  operands: ['folder'],
  options: { json: { meaning: 'Prints one JSON object.' } },
  remarks: [
    'Knows folders of useMultiFileAuthState, one or many; .wwebjs_auth of whatsapp-web.js; the SQLite auth state of Baileys.',
    'Only reads: it dials nothing, takes no lock and writes nothing. Exits with 1 if nothing can be used as it is, or something needs a person.',
  ],
  run: runAdopt,
}

async function runAdopt(request: CommandRequest, { directory }: CommandEnvironment, printer: Printer): Promise<number> {
  const named = operandOf(request, 0)
  const found = await survey(named, resolve(directory, named), new Date())
  const advice = adviseOn(found)
  if (request.switches.has('json')) printer.json(reportOf(found, advice))
  else printAdvice(advice, named, printer)
  return advice.needsPerson ? EXIT.trouble : EXIT.fine
}

function printAdvice({ found, constructorCall, storeName, advice }: Advice, named: string, printer: Printer): void {
  for (const sentence of found) printer.line(maskPrivate(sentence, [named]))
  if (constructorCall !== null) {
    printer.text('')
    printer.line(`  ${constructorCall}`)
    printer.text('')
  }
  if (storeName !== null) printer.line(`On the command line: npx baileys-sessions doctor ${quoteForShell(storeName)}`)
  for (const sentence of advice) printer.line(sentence)
}

function reportOf({ path, session, sessions, browserProfiles, databases }: Survey, { constructorCall, storeName, advice, needsPerson }: Advice): object {
  const folders = [...(session === null ? [] : [{ folder: null, standing: session }]), ...sessions.map(({ name, standing }) => ({ folder: name, standing }))]
  return {
    version: 1,
    path,
    needsPerson,
    constructorCall,
    store: storeName,
    sessions: folders.map(({ folder, standing: { state, phoneNumber } }) => ({
      folder,
      state,
      phoneNumber: phoneNumber === null ? null : maskNumber(phoneNumber),
    })),
    browserProfiles,
    databases,
    advice,
  }
}
