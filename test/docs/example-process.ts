import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'
import type { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'

const PATIENCE_MS = 30_000

/** Saves an example in a folder that has the packages of this repository, and returns its path. */
export function writeExample(folder: string, name: string, code: string): string {
  const packages = join(folder, 'node_modules')
  if (!existsSync(packages)) symlinkSync(resolve('node_modules'), packages)
  const file = join(folder, name)
  writeFileSync(file, code)
  return file
}

/**
 * An example as a user runs it, from its own folder; only that its Baileys dials a loopback server, where one is given, and that this
 * package is taken from its source. It is killed when the test ends.
 */
export class ExampleProcess {
  readonly #process: ChildProcessByStdio<null, Readable, Readable>
  readonly #exit: Promise<unknown>
  #output = ''
  #errors = ''

  constructor(file: string, server?: WhatsAppServer) {
    const preload = server === undefined ? [] : ['--import', resolve('test/docs/dial-loopback-child.ts')]
    const loopback = server === undefined ? {} : { LOOPBACK_URL: server.url, LOOPBACK_ROOT_KEY: Buffer.from(server.rootPublicKey).toString('hex') }
    this.#process = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), ...preload, file], {
      cwd: dirname(file),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...loopback, TSX_TSCONFIG_PATH: resolve('tsconfig.json') },
    })
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
    })
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    this.#exit = once(this.#process, 'close')
    onTestFinished(async () => {
      await this.end('SIGKILL')
    })
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
    return this.shows((output) => pattern.exec(output) ?? undefined, String(pattern))
  }

  /** Resolves with what is found in what it prints. */
  async shows<T>(find: (output: string) => T | undefined, name: string): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS
    for (;;) {
      const found = find(this.#output)
      if (found !== undefined) return found
      if (Date.now() > deadline || this.#process.exitCode !== null) {
        throw new Error(`It did not print ${name}, but:\n${this.#output}\n${this.#errors}`)
      }
      await new Promise((wake) => {
        setTimeout(wake, 20)
      })
    }
  }

  /** Resolves with the exit code when it ends by itself, `null` when a signal killed it. */
  async ended(): Promise<number | null> {
    await this.#exit
    return this.#process.exitCode
  }

  /** Sends a signal and resolves with the exit code, `null` when the signal killed it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#process.kill(signal)
    return this.ended()
  }
}
