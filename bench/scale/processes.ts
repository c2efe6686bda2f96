import { fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { ClientOrder, ClientResult, ServerFacts, ServerOrder } from './orders.js'

/** Beside the packages, which the built scripts import. */
const CACHE = resolve('node_modules/.cache')

/** The processes of the measurement; they run plain JavaScript, as those of an application do. */
export class Processes implements Disposable {
  readonly #folder: string
  readonly #nodeOptions: readonly string[]

  private constructor(folder: string, nodeOptions: readonly string[]) {
    this.#folder = folder
    this.#nodeOptions = nodeOptions
  }

  /** Builds the scripts. Each process is started with these options of Node. */
  static async prepare(nodeOptions: readonly string[]): Promise<Processes> {
    mkdirSync(CACHE, { recursive: true })
    const folder = mkdtempSync(join(CACHE, 'bench-scale-'))
    const entryPoints = ['client-child', 'server-child'].map((name) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url)))
    await build({
      entryPoints,
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      packages: 'external',
      ignoreAnnotations: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
    })
    return new Processes(folder, nodeOptions)
  }

  /** Starts the server in a process of its own, with devices linked to it. */
  async startServer(order: ServerOrder): Promise<{ facts: ServerFacts; close: () => void }> {
    const child = this.#start('server-child.mjs')
    // The child sends nothing else.
    const facts = (await ask(child, order)) as ServerFacts
    return {
      facts,
      close: () => {
        child.disconnect()
      },
    }
  }

  /** Runs a client to its end. Rejects when it dies. */
  async runClient(order: ClientOrder): Promise<ClientResult> {
    // The child sends nothing else.
    return (await ask(this.#start('client-child.mjs', this.#nodeOptions), order)) as ClientResult
  }

  /** Removes the scripts. */
  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #start(script: string, execArgv: readonly string[] = []): ChildProcess {
    return fork(join(this.#folder, script), { execArgv: [...execArgv], stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' })
  }
}

function ask(child: ChildProcess, order: ClientOrder | ServerOrder): Promise<unknown> {
  return new Promise((resolveAnswer, reject) => {
    child.once('message', resolveAnswer)
    child.once('exit', (code, signal) => {
      reject(new Error(`The process ended with ${String(signal ?? code)}.`))
    })
    child.send(order)
  })
}
