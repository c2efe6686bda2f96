import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Board } from './board.js'
import type { Orders, Report } from './reports.js'

const DISMISSAL_MS = 5000

/** An application in its own process, and what it reported. */
export class ApplicationProcess {
  /** The state of its sessions. */
  readonly board: Board = new Board()
  readonly #child: ChildProcess
  readonly #gone: Promise<number | null>
  #isDismissed = false

  /** Starts a script of this folder. */
  constructor(script: string, orders: Orders, onReport: (report: Report) => void) {
    this.#child = fork(fileURLToPath(new URL(script, import.meta.url)), [JSON.stringify(orders)], {
      execPath: process.execPath,
      execArgv: ['--import', import.meta.resolve('tsx')],
      // Baileys logs to stdout. Node reports a crash on stderr.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // Ctrl-C goes to the whole process group of a terminal, but the demo decides when its applications end.
      detached: true,
    })
    this.#gone = once(this.#child, 'exit').then(() => {
      this.board.close()
      return this.#child.exitCode
    })
    this.#child.on('message', (report: Report) => {
      this.board.add(report)
      // Sessions always end with their application, so this is not news.
      if (!this.#isDismissed) onReport(report)
    })
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Kills it with SIGKILL, so it cannot finish anything. */
  async kill(): Promise<void> {
    this.killNow()
    await this.#gone
  }

  /** The same without waiting, for the end of the demo. */
  killNow(): void {
    this.#child.kill('SIGKILL')
  }

  /** Asks it with SIGTERM to end, as at a deploy. Resolves with its exit code. */
  async terminate(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return this.#gone
  }

  /** Lets it end cleanly, and kills it if it does not. */
  async dismiss(): Promise<void> {
    this.#isDismissed = true
    if (this.#child.connected) this.#child.send('leave')
    const timer = setTimeout(() => {
      this.killNow()
    }, DISMISSAL_MS)
    await this.#gone
    clearTimeout(timer)
  }
}
