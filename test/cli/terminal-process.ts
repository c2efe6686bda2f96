import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import type { BuiltProgram } from './command-process.js'
import { TerminalScreen } from './terminal-screen.js'

/** What the terminal sends for Ctrl-C. */
const CTRL_C = '\u0003'

/** The program in a terminal of its own, which `script` makes: it is on every Debian. It is killed when the test ends. */
export class TerminalProcess {
  /** What a person sees. */
  readonly screen: TerminalScreen
  /** Everything that was printed. */
  output = ''
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #exit: Promise<unknown[]>

  /** Starts it in a terminal of this size. */
  constructor(program: BuiltProgram, args: readonly string[], { columns = 100, rows = 60 }: { columns?: number; rows?: number } = {}) {
    this.screen = new TerminalScreen(columns)
    const command = [process.execPath, program.file, ...args].map(quote).join(' ')
    const { NO_COLOR: _none, ...variables } = process.env
    this.#process = spawn('script', ['--quiet', '--return', '--flush', '--command', `stty cols ${columns} rows ${rows}; exec ${command}`, '/dev/null'], {
      cwd: '/',
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...variables, TERM: 'xterm-256color' },
    })
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.output += text
      this.screen.write(text)
    })
    this.#exit = once(this.#process, 'close')
    onTestFinished(async () => {
      this.#process.kill('SIGKILL')
      await this.#exit
    })
  }

  /** Resolves when this can be seen, or was printed. */
  async shows(isThere: () => boolean): Promise<void> {
    while (!isThere())
      await Promise.race([
        once(this.#process.stdout, 'data'),
        this.#exit.then(() => {
          throw new Error(`It has ended:\n${this.screen.text}`)
        }),
      ])
  }

  /** Presses Ctrl-C. */
  interrupt(): void {
    this.#process.stdin.write(CTRL_C)
  }

  /** Resolves with its exit code. */
  async ended(): Promise<unknown> {
    const [code, signal] = await this.#exit
    return code ?? signal
  }
}

function quote(argument: string): string {
  return `'${argument.replaceAll(`'`, `'\\''`)}'`
}
