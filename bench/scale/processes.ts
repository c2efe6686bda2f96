import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ClientOrder, ClientResult, ServerFacts, ServerOrder } from './orders.js'

/** The server's process. */
export interface Server {
  readonly facts: ServerFacts
  close(): void
}

/** Starts the server in a process of its own, with devices linked to it. */
export async function startServer(order: ServerOrder): Promise<Server> {
  const child = start('./server-child.ts')
  // The child sends nothing else.
  const facts = await ask(child, order) as ServerFacts
  return { facts, close: () => { child.disconnect() } }
}

/** Runs a client to its end. Rejects when it dies. */
export async function runClient(order: ClientOrder): Promise<ClientResult> {
  // The child sends nothing else.
  return await ask(start('./client-child.ts'), order) as ClientResult
}

function start(script: string): ChildProcess {
  return fork(fileURLToPath(new URL(script, import.meta.url)), { execArgv: [...process.execArgv, '--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' })
}

function ask(child: ChildProcess, order: ClientOrder | ServerOrder): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code, signal) => { reject(new Error(`The process ended with ${String(signal ?? code)}.`)) })
    child.send(order)
  })
}
