import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withDeadline } from '../../../src/async/deadline.js'
import { isSessionError, type SessionManager, type SessionManagerOptions } from '../../../src/index.js'
import type { World } from '../e2e.js'
import { type Entry, Journal } from './journal.js'

const SCRIPT = fileURLToPath(new URL('./session-child.ts', import.meta.url))
const PATIENCE_MS = 25_000

/** How a process is to work. */
export interface ProcessWishes {
  /** The options of its manager that are plain data. */
  manager?: Pick<SessionManagerOptions, 'standbyPollMs' | 'retry' | 'reconnect'>
  /** Ends the process with SIGKILL so long after the begin of a write of creds, or of twenty records and more. */
  killInWrite?: { of: 'creds' | 'many'; count: number; delayMs: number }
}

/** What the child is started with. */
export interface ChildOptions extends ProcessWishes {
  directory: string
  url: string
  /** In hexadecimal. */
  rootPublicKey: string
}

/** A request to the child. */
export interface ChildCall {
  id: number
  method: string
  args: readonly unknown[]
}

/** An error, as it can be sent to another process. */
export interface PlainError {
  code: string | null
  message: string
}

/** What the child tells: an answer, or what happened. */
export type ChildMessage = { id: number; result?: unknown; error?: PlainError } | Entry

type Method = 'connect' | 'restoreSession' | 'restoreAll' | 'getStatus' | 'getStatuses' | 'requestPairingCode' | 'stop' | 'logout' | 'delete' | 'close'

/** Where a {@link SessionProcess} keeps the connections of a world. */
export const connectionsFile = (directory: string): string => join(directory, 'connections.json')

/** An error, as it can be sent to another process. */
export function toPlainError(error: unknown): PlainError {
  return { code: isSessionError(error) ? error.code : null, message: error instanceof Error ? error.message : String(error) }
}

/** A process with a manager on the directory of a world, and a repository file beside the sessions. */
export class SessionProcess implements AsyncDisposable {
  /** What its manager told. */
  readonly journal: Journal = new Journal()
  readonly #child: ChildProcess
  readonly #calls = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  readonly #ended: Promise<number | NodeJS.Signals>
  #ids = 0

  private constructor(options: ChildOptions, uid: number | undefined) {
    this.#child = fork(SCRIPT, [JSON.stringify(options)], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
      // Another user could not read the cache that this one has made.
      ...(uid === undefined ? {} : { uid, gid: uid, env: { ...process.env, TSX_DISABLE_CACHE: '1' } }),
    })
    this.#child.on('message', (message: ChildMessage) => {
      this.#take(message)
    })
    this.#ended = new Promise((resolve) => {
      this.#child.on('exit', (code, signal) => {
        this.#leave(`The process ended with ${String(signal ?? code)}.`)
        resolve(code ?? signal ?? 0)
      })
    })
  }

  /** Starts it, as this user or as another, and waits until it has made its manager. */
  static async start({ directory, server }: World, wishes: ProcessWishes = {}, uid?: number): Promise<SessionProcess> {
    const rootPublicKey = Buffer.from(server.rootPublicKey).toString('hex')
    const started = new SessionProcess({ ...wishes, directory, rootPublicKey, url: server.url }, uid)
    await started.journal.first('ready')
    return started
  }

  /** Its pid. */
  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Calls a method of the manager. Rejects with an `Error` that holds `code` and `message` of the one over there. */
  async call<Name extends Method>(method: Name, ...args: Parameters<SessionManager[Name]>): Promise<Awaited<ReturnType<SessionManager[Name]>>> {
    // The method's own type says what comes back.
    return (await this.#call(method, args)) as Awaited<ReturnType<SessionManager[Name]>>
  }

  /** Calls a method that is not expected to answer: the process ends before. */
  callInVain(method: Method, ...args: readonly unknown[]): void {
    this.#call(method, args).catch(() => undefined)
  }

  /** Resolves when a session is connected there. */
  async connected(sessionId: string): Promise<void> {
    await this.#call('waitUntilConnected', [sessionId])
  }

  /** The QR code that a session shows there. */
  shownQr(sessionId: string): string | undefined {
    return this.journal.all('qr', sessionId).at(-1)?.qr
  }

  /** Sends a text; resolves with its id. */
  async sendText(sessionId: string, jid: string, text: string): Promise<string> {
    return String(await this.#call('sendText', [sessionId, jid, text]))
  }

  /** Lets go of it: from now on nothing but its own work keeps it alive. Resolves with its exit code, or the signal that ended it. */
  async exit(): Promise<number | string> {
    if (this.#child.connected) this.#child.disconnect()
    return this.ended()
  }

  /** Resolves with its exit code, or the signal that ended it. */
  async ended(): Promise<number | string> {
    return withDeadline(this.#ended, PATIENCE_MS, () => new Error(`The process did not end within ${PATIENCE_MS} ms.`))
  }

  /** Ends it with SIGKILL, wherever it is. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** As {@link kill}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  async #call(method: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#ids
      this.#calls.set(id, { resolve, reject })
      const call: ChildCall = { id, method, args }
      this.#child.send(call, (error) => {
        if (error !== null) reject(error)
      })
    })
  }

  #take(message: ChildMessage): void {
    if ('event' in message) {
      this.journal.add(message)
      return
    }
    const call = this.#calls.get(message.id)
    this.#calls.delete(message.id)
    if (message.error === undefined) call?.resolve(message.result)
    else call?.reject(Object.assign(new Error(message.error.message), { code: message.error.code }))
  }

  #leave(why: string): void {
    for (const { reject } of this.#calls.values()) reject(new Error(why))
    this.#calls.clear()
    this.journal.close(why)
  }
}
