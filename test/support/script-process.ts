import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** How a script is run. */
export interface ScriptOptions {
  /** Run as this user. */
  uid?: number
  /** Let it open no more files than this. */
  openFiles?: number
  /** Let no file of it grow beyond so many blocks of 512 bytes, as `ulimit -f` of a POSIX shell counts. */
  fileBlocks?: number
}

/** A TypeScript file that runs in a process of its own, takes lines and prints JSON lines. It is killed when the test ends. */
export class ScriptProcess {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #reader: Interface
  readonly #exit: Promise<unknown>

  /** Starts a script that lies beside the test. */
  constructor(script: string, testUrl: string, args: readonly string[] = [], { uid, openFiles, fileBlocks }: ScriptOptions = {}) {
    const command = [process.execPath, '--import', 'tsx', fileURLToPath(new URL(script, testUrl)), ...args]
    const limits = [...(openFiles === undefined ? [] : [`ulimit -n ${openFiles}`]), ...(fileBlocks === undefined ? [] : [`ulimit -f ${fileBlocks}`])]
    const shell = limits.length === 0 ? command : ['sh', '-c', `${limits.join(' && ')} && exec "$@"`, 'sh', ...command]
    this.#process = spawn(shell[0] ?? '', shell.slice(1), {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Another user could not read the cache that this one has made.
      env: { ...process.env, TSX_DISABLE_CACHE: '1' },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    })
    this.#exit = once(this.#process, 'exit')
    this.#reader = createInterface(this.#process.stdout)
    this.#lines = this.#reader[Symbol.asyncIterator]()
    onTestFinished(() => this.kill('SIGKILL'))
  }

  /** Its pid. */
  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** Sends it a line. */
  send(line: string): void {
    this.#process.stdin.write(`${line}\n`)
  }

  /** The next thing it prints. */
  async next(): Promise<unknown> {
    const line = await this.#lines.next()
    if (line.done === true) throw new Error('the script has ended')
    return JSON.parse(line.value)
  }

  /** Sends it a line and waits for what it prints. */
  async ask(line: string): Promise<unknown> {
    this.send(line)
    return this.next()
  }

  /** Sends a signal that it survives. */
  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** Ends it, and resolves when it has ended. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#process.kill(signal)
    await this.#exit
    this.#reader.close()
  }
}
