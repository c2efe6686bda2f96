import type { Report } from './reports.js'
import type { Kill } from './scene.js'
import type { Screen } from './screen.js'

/** Describes what happens. */
export class Narrator {
  readonly #screen: Screen
  #act = 0

  constructor(screen: Screen) {
    this.#screen = screen
  }

  /** The next act begins. */
  act(title: string): void {
    this.#act += 1
    this.#screen.line()
    this.#screen.line(`${this.#act}. ${title}`)
  }

  /** An application reported something. */
  report(report: Report): void {
    if (report.kind === 'status') this.#session(report.sessionId, report.status, report.status === 'connected' ? '' : report.message)
    else if (report.kind === 'page') this.#session(report.sessionId, report.status, '(according to the status page, just refreshed)')
    else if (report.kind === 'progress') this.#screen.progress('restoreAll: done', report.done, report.total)
    else if (report.kind === 'problem') this.#screen.event(`Problem: ${report.message}`)
  }

  /** The application was killed. */
  killed(pid: number, { number, cutOff, lost }: Kill): void {
    const creds = lost.length === 0 ? 'Every creds.json is whole.' : `Destroyed creds: ${lost.join(', ')}.`
    this.#screen.event(`kill ${number}: SIGKILL to ${pid}. Writes cut off: ${cutOff}. ${creds}`)
  }

  /** The application is started again, to be killed once more. */
  goesOn(): void {
    this.#screen.event('again: a new process restores the sessions, and is killed, too')
  }

  /** What happened to the messages that were sent while nothing ran. */
  mail(arrived: number, sent: number): void {
    this.#screen.event(`messages sent while no process ran: ${sent}, received now: ${arrived}`)
  }

  /** Something went wrong in the demo itself. */
  problem(error: unknown): void {
    this.#screen.event(`Problem: ${error instanceof Error ? error.message : String(error)}`)
  }

  #session(sessionId: string, status: string, message: string): void {
    this.#screen.event(`${sessionId.padEnd(8)} ${status.padEnd(13)} ${message}`)
  }
}
