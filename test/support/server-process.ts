import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LinkedDevice, PairingOptions, WhatsAppServer, WhatsAppServerEvents, WhatsAppServerOptions } from '../../src/testing/whatsapp-server/index.js'

const SCRIPT = fileURLToPath(new URL('./server-process-child.ts', import.meta.url))

/** Options that can be sent to another process. */
export type ProcessOptions = Omit<WhatsAppServerOptions, 'baileys'>

/** The methods of a server whose arguments and results can be sent between processes. */
export type CallableName = Exclude<
  { [Name in keyof WhatsAppServer]: WhatsAppServer[Name] extends (...args: never[]) => unknown ? Name : never }[keyof WhatsAppServer] & string,
  | 'trust'
  | 'linkDirect'
  | 'on'
  | 'once'
  | 'off'
  | 'emit'
  | 'addListener'
  | 'removeListener'
  | 'removeAllListeners'
  | 'listeners'
  | 'eventNames'
  | 'listenerCount'
  | 'waitFor'
  | 'close'
>

/** What of a server can be read from another process. */
export type ReadableName = 'log' | 'errors' | 'unknownQueries' | 'openConnections'

/** A request to the child. */
export interface ServerCall {
  id: number
  method: string
  args: unknown[]
}

/** The child's answer. */
export interface ServerAnswer {
  id: number
  result?: unknown
  error?: string
}

type Arguments<Name extends CallableName> = Parameters<WhatsAppServer[Name]>
type Result<Name extends CallableName> = Awaited<ReturnType<WhatsAppServer[Name]>>

/** A {@link WhatsAppServer} in a process of its own, for tests in which the client is killed or must not share an event loop. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly rootPublicKey: Uint8Array
  readonly #child: ChildProcess
  readonly #waiting: Waiting

  private constructor(child: ChildProcess, waiting: Waiting, facts: StartFacts) {
    this.#child = child
    this.#waiting = waiting
    this.url = facts.url
    this.port = facts.port
    this.rootPublicKey = facts.rootPublicKey
  }

  /** Starts the process and the server in it. */
  static async start(options: ProcessOptions = {}): Promise<ServerProcess> {
    const child = fork(SCRIPT, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' })
    const waiting = new Waiting(child)
    const facts = await waiting.call('start', [options])
    // The child answers `start` with these facts.
    return new ServerProcess(child, waiting, facts as StartFacts)
  }

  /** What to spread into the options of `makeWASocket`. */
  get socketConfig(): { waWebSocketUrl: string } {
    return { waWebSocketUrl: this.url }
  }

  /** Calls a method of the server. */
  async call<Name extends CallableName>(method: Name, ...args: Arguments<Name>): Promise<Result<Name>> {
    // The method's own type says what comes back.
    return (await this.#waiting.call(method, args)) as Result<Name>
  }

  /** Reads a property of the server. */
  async get<Name extends ReadableName>(name: Name): Promise<WhatsAppServer[Name]> {
    // The property's own type says what comes back.
    return (await this.#waiting.call('get', [name])) as WhatsAppServer[Name]
  }

  /** The server's next event of this name. */
  async waitFor<Name extends keyof WhatsAppServerEvents>(event: Name, timeoutMs?: number): Promise<WhatsAppServerEvents[Name][0]> {
    // The map of events says what comes back.
    return (await this.#waiting.call('waitFor', [event, timeoutMs])) as WhatsAppServerEvents[Name][0]
  }

  /** Waits until a method of the server answers what is wanted, asking again and again. */
  async until<Name extends CallableName>(
    holds: (result: Result<Name>) => boolean,
    timeoutMs: number,
    method: Name,
    ...args: Arguments<Name>
  ): Promise<Result<Name>> {
    const end = Date.now() + timeoutMs
    for (;;) {
      const result = await this.call(method, ...args)
      if (holds(result)) return result
      if (Date.now() > end) throw new Error(`Timed out after ${timeoutMs} ms waiting for ${method}: it answers ${JSON.stringify(result)}`)
      await new Promise((resolve) => {
        setTimeout(resolve, 20)
      })
    }
  }

  /** A phone scans what a screen in this process shows, once the refresh of the registration has come through. */
  async scan(look: () => string | undefined, options: PairingOptions): Promise<LinkedDevice> {
    await this.until((registrations) => registrations.at(-1)?.refreshesAcknowledged === 1, 10_000, 'registrations')
    return this.call('scanQr', look() ?? '', options)
  }

  /** Closes the server and waits for its process to end. Idempotent. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.disconnect()
    await gone
  }

  /** Kills the process with SIGKILL, as a crash of the machine would. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

interface StartFacts {
  url: string
  port: number
  rootPublicKey: Uint8Array
}

/** The calls that have not been answered. */
class Waiting {
  readonly #child: ChildProcess
  readonly #calls = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>()
  #ids = 0

  constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (answer: ServerAnswer) => {
      this.#answer(answer)
    })
    child.on('exit', (code, signal) => {
      for (const { reject } of this.#calls.values()) reject(new Error(`The server's process ended with ${String(signal ?? code)}.`))
      this.#calls.clear()
    })
  }

  async call(method: string, args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#ids
      this.#calls.set(id, { resolve, reject })
      const call: ServerCall = { id, method, args }
      this.#child.send(call, (error) => {
        if (error !== null) reject(error)
      })
    })
  }

  #answer({ id, result, error }: ServerAnswer): void {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    if (error === undefined) call?.resolve(result)
    else call?.reject(new Error(error))
  }
}
