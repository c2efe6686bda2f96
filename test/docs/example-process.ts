import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'
import type { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'

const PATIENCE_MS = 30_000

/** An example as a user runs it, in a folder of its own; only that its Baileys dials a loopback server. It is killed when the test ends. */
export class ExampleProcess {
  readonly #process: ChildProcessByStdio<null, Readable, Readable>
  readonly #exit: Promise<unknown>
  #output = ''
  #errors = ''

  constructor(script: string, folder: string, server: WhatsAppServer) {
    const preload = resolve('test/docs/dial-loopback-child.ts')
    this.#process = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), '--import', preload, resolve(script)], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        TSX_TSCONFIG_PATH: resolve('tsconfig.json'),
        LOOPBACK_URL: server.url,
        LOOPBACK_ROOT_KEY: Buffer.from(server.rootPublicKey).toString('hex'),
      },
    })
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => { this.#output += text })
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => { this.#errors += text })
    this.#exit = once(this.#process, 'close')
    onTestFinished(async () => { await this.end('SIGKILL') })
  }

  /** What it has printed. */
  get output(): string {
    return this.#output
  }

  /** What it has printed as an error. */
  get errors(): string {
    return this.#errors
  }

  /** Resolves with the first match in what it prints. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = Date.now() + PATIENCE_MS
    for (;;) {
      const match = pattern.exec(this.#output)
      if (match !== null) return match
      if (Date.now() > deadline || this.#process.exitCode !== null) {
        throw new Error(`It did not print ${String(pattern)}, but:\n${this.#output}\n${this.#errors}`)
      }
      await new Promise(wake => { setTimeout(wake, 20) })
    }
  }

  /** Sends a signal and resolves with the exit code, `null` when the signal killed it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#process.kill(signal)
    await this.#exit
    return this.#process.exitCode
  }
}
