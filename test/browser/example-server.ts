import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../examples/express/main.ts', import.meta.url))
const START_WITHIN_MS = 30_000
const END_WITHIN_MS = 15_000

type ServerProcess = ChildProcessByStdio<null, Readable, Readable>

/** The example, with its simulated WhatsApp, in a process that can be killed and started again on the same port and folder. */
export class ExampleServer implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'baileys-sessions-browser-'))
  readonly #onExit = (): void => {
    this.#clear()
  }
  #process: ServerProcess | null = null
  #port = 0

  private constructor() {
    process.once('exit', this.#onExit)
  }

  /** Starts it on a free port. */
  static async start(): Promise<ExampleServer> {
    const server = new ExampleServer()
    try {
      await server.startAgain()
      return server
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Its address. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Starts it on the port and with the folder that it had. */
  async startAgain(): Promise<void> {
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, '--simulated', '--port', String(this.#port), '--data', this.#folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    this.#port = await portOf(child)
  }

  /** Kills it with SIGKILL. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Ends it, and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    const deadline = setTimeout(() => {
      this.#process?.kill('SIGKILL')
    }, END_WITHIN_MS)
    await this.#end('SIGTERM')
    clearTimeout(deadline)
    this.#clear()
    process.off('exit', this.#onExit)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  #clear(): void {
    this.#process?.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}

async function portOf(child: ServerProcess): Promise<number> {
  const said: string[] = []
  const deadline = setTimeout(() => {
    child.kill('SIGKILL')
  }, START_WITHIN_MS)
  try {
    return await new Promise((resolve, reject) => {
      const note = (line: string): void => {
        said.push(line)
        const [, port] = /http:\/\/127\.0\.0\.1:(\d+)/u.exec(line) ?? []
        if (port !== undefined) resolve(Number(port))
      }
      createInterface(child.stdout).on('line', note)
      createInterface(child.stderr).on('line', note)
      child.once('exit', (code, signal) => {
        reject(new Error(`The example did not start (${String(signal ?? code)}): ${said.join('\n')}`))
      })
    })
  } finally {
    clearTimeout(deadline)
  }
}
