import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'

/** The program as one file of plain JavaScript, which starts ten times as fast as its sources. */
export interface BuiltProgram extends AsyncDisposable {
  readonly file: string
}

/** Builds the program, where it finds the packages that are installed here. */
export async function buildProgram(): Promise<BuiltProgram> {
  const folder = mkdtempSync(resolve('node_modules/.program-'))
  // Other users start it, too.
  chmodSync(folder, 0o755)
  const file = join(folder, 'cli.mjs')
  await build({
    entryPoints: ['src/cli/main.ts'],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
  })
  return {
    file,
    [Symbol.asyncDispose]: async () => {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** How a process is started. */
export interface CommandProcessOptions {
  directory?: string
  /** More variables than this process has. */
  variables?: Record<string, string>
  uid?: number
  /** A line of the shell that starts it, as `"$@"`. */
  shell?: string
}

/** The program in a process of its own. It is killed when the test ends. */
export class CommandProcess {
  /** What it has printed so far. */
  output = ''
  /** The same beside the result. */
  errors = ''
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #exit: Promise<unknown[]>

  /** Starts it. */
  constructor(program: BuiltProgram, args: readonly string[], options: CommandProcessOptions = {}) {
    const { directory = '/', variables = {}, uid, shell } = options
    const command = [process.execPath, program.file, ...args]
    const [file = '', ...rest] = shell === undefined ? command : ['sh', '-c', shell, 'sh', ...command]
    this.#process = spawn(file, rest, {
      cwd: directory,
      env: { ...process.env, ...variables },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    })
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.output += text
    })
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text
    })
    this.#exit = once(this.#process, 'close')
    onTestFinished(async () => {
      this.#process.kill('SIGKILL')
      await this.#exit
    })
  }

  /** Resolves when it has printed this beside its result. */
  async tells(text: string): Promise<void> {
    while (!this.errors.includes(text)) await once(this.#process.stderr, 'data')
  }

  /** Resolves with the first match in its result. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output)
      if (match !== null) return match
      if (this.#process.exitCode !== null) throw new Error(`It did not print ${String(pattern)}, but:\n${this.output}\n${this.errors}`)
      await once(this.#process.stdout, 'data')
    }
  }

  /** Types a line. */
  type(line: string): void {
    this.#process.stdin.write(`${line}\n`)
  }

  /** Types nothing more. */
  endInput(): void {
    this.#process.stdin.end()
  }

  /** Sends it a signal. */
  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** Stops reading what it prints. */
  stopReading(): void {
    this.#process.stdout.destroy()
  }

  /** Resolves with its exit code, or the signal that ended it. */
  async ended(): Promise<unknown> {
    const [code, signal] = await this.#exit
    return code ?? signal
  }
}
