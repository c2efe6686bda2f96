import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Beside the packages, which the built scripts import. */
const CACHE = resolve('node_modules/.cache')

/** The processes of a measurement; they run plain JavaScript, as those of an application do. */
export class ChildScripts implements Disposable {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Builds TypeScript files, whose names say which script to start. */
  static async build(files: readonly URL[]): Promise<ChildScripts> {
    mkdirSync(CACHE, { recursive: true })
    const scripts = new ChildScripts(mkdtempSync(join(CACHE, 'bench-')))
    try {
      await build({
        entryPoints: files.map((file) => ({ in: fileURLToPath(file), out: basename(file.pathname, '.ts') })),
        outdir: scripts.#folder,
        outExtension: { '.js': '.mjs' },
        bundle: true,
        packages: 'external',
        ignoreAnnotations: true,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        logLevel: 'error',
      })
    } catch (error) {
      scripts[Symbol.dispose]()
      throw error
    }
    return scripts
  }

  /** Starts a script by its name, such as `server-child`. */
  start(name: string, execArgv: readonly string[] = []): ChildScript {
    const path = join(this.#folder, `${name}.mjs`)
    return new ChildScript(name, fork(path, { execArgv: [...execArgv], stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' }))
  }

  /** Removes the scripts. */
  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** A script that runs: it answers each message with one, and ends when nobody can send it any more. */
export class ChildScript implements AsyncDisposable {
  readonly #name: string
  readonly #child: ChildProcess

  constructor(name: string, child: ChildProcess) {
    this.#name = name
    this.#child = child
  }

  /** Sends a message and waits for the answer. Rejects when the process ends before it. */
  async ask(message: object): Promise<unknown> {
    const child = this.#child
    return new Promise((resolveAnswer, reject) => {
      const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
        reject(new Error(`The process "${this.#name}" ended with ${String(signal ?? code)}.`))
      }
      child.once('exit', ended)
      child.once('message', (answer) => {
        child.off('exit', ended)
        resolveAnswer(answer)
      })
      child.send(message)
    })
  }

  /** Lets the script end, and waits for it: whatever is measured next has the machine to itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.disconnect()
    await ended
  }
}
