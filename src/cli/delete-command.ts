import { readStoredSession } from '../auth/stored-session.js'
import type { SessionStore } from '../store/session-store.js'
import { type CommandEnvironment, CommandError, EXIT } from './command-environment.js'
import { type Command, type CommandRequest, operandOf } from './command.js'
import { type Confirmation, isConfirmed } from './confirmation.js'
import { lookAtFolder } from './doctor/gather-facts.js'
import { findForeignFolder } from './misnamed-store.js'
import type { Printer } from './printer.js'
import { parseStoreName } from './stores/parse-store-name.js'
import type { StoreName } from './stores/store-name.js'
import { listNamedSessions, READ_TIMEOUT_MS } from './store-view.js'
import { count } from './terminal-text.js'

/** `delete`: removes all that is stored of a session. */
export const deleteCommand: Command = {
  name: 'delete',
  summary: 'Deletes everything stored about a session, after asking.',
  operands: ['store', 'id'],
  options: { yes: { meaning: 'Deletes without asking. Needed when nobody can answer.' } },
  remarks: [
    'This cannot be undone. It does not unlink the device, so the phone still lists it afterwards. To unlink it, call "logout" on',
    'a manager. A running session is not deleted.',
  ],
  run: runDelete,
}

async function runDelete(request: CommandRequest, environment: CommandEnvironment, printer: Printer): Promise<number> {
  const name = parseStoreName(operandOf(request, 0), environment)
  const sessionId = operandOf(request, 1)
  const opened = await name.open('change')
  try {
    if (!(await listNamedSessions(name, opened.store)).includes(sessionId)) throw new CommandError(`There is no session "${sessionId}" in ${name.text}.`)
    await assertDeletable(name, opened.store, sessionId)
    if (!request.switches.has('yes') && !(await isConfirmed(confirmationOf(sessionId), environment, printer))) {
      printer.note('Nothing was deleted.')
      return environment.signal.aborted ? EXIT.interrupted : EXIT.trouble
    }
    await deleteSession(opened.store, sessionId)
    printer.line(`Deleted session "${sessionId}". The phone still lists the device: unlink it there, under "Linked devices".`)
    const left = await lookAtFolder(name, sessionId)
    if (left !== null)
      printer.note(`The folder ${left.path} stays, because it contains ${count(left.foreign, 'other file or folder', 'other files and folders')}.`)
    return EXIT.fine
  } finally {
    await opened.close()
  }
}

/** Asked before the person is: nobody should confirm what is refused afterwards. */
async function assertDeletable(name: StoreName, store: SessionStore, sessionId: string): Promise<void> {
  const owner = await store.lock.owner(sessionId)
  if (owner !== null) throw isRun(sessionId, owner)
  const stored = await readStoredSession(store, sessionId, READ_TIMEOUT_MS)
  if (stored.kind === 'legacy') throw new CommandError(`${stored.error.message} Baileys did not create it, so it was not deleted.`)
  const foreign = await findForeignFolder(name, store, sessionId)
  if (foreign !== null) throw new CommandError(`${foreign.reason} It was not deleted. If it is a session, remove the folder yourself.`)
}

async function deleteSession(store: SessionStore, sessionId: string): Promise<void> {
  const lease = await store.lock.acquire(sessionId)
  if (lease === null) throw isRun(sessionId, (await store.lock.owner(sessionId)) ?? 'another process')
  try {
    await store.delete(sessionId, { fencingToken: lease.fencingToken })
  } finally {
    await lease.release()
  }
}

function isRun(sessionId: string, owner: string): CommandError {
  return new CommandError(`Session "${sessionId}" is running in ${owner}. Stop it there first. Nothing was deleted.`)
}

function confirmationOf(sessionId: string): Confirmation {
  return {
    warning: `This deletes the credentials and all keys of session "${sessionId}". It cannot be undone.`,
    answer: sessionId,
    prompt: 'Type the session id to confirm:',
    deed: 'delete the session',
  }
}
