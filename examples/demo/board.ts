import { Changes } from './changes.js'
import type { Report } from './reports.js'

/** The state of a session, according to one process. */
export interface Standing {
  /** What the status page showed right after the start; `null` when nobody looked. */
  page: string | null
  /** Its status. */
  status: string
  /** How long it took from the first `connecting` to `connected`, in milliseconds. */
  tookMs: number | null
  /** The messages that arrived. */
  texts: string[]
}

/** These statuses do not change by themselves. A session in `pairing` shows a QR code. */
const SETTLED = new Set(['connected', 'pairing', 'disconnected', 'logged_out', 'failed'])

/** Keeps what one process reports about its sessions, and lets the demo wait for more. */
export class Board {
  readonly #standings = new Map<string, Standing & { startedAt: number | null }>()
  readonly #changes = new Changes()
  #isDone = false

  /** Whether the application has finished its task. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** The state of a session; `unknown` if nothing was reported. */
  of(sessionId: string): Standing {
    return this.#of(sessionId)
  }

  /** Whether a session is connected. */
  isConnected(sessionId: string): boolean {
    return this.#of(sessionId).status === 'connected'
  }

  /** Whether a session has reached a status that lasts. */
  isSettled(sessionId: string): boolean {
    return SETTLED.has(this.#of(sessionId).status)
  }

  /** Processes a report. */
  add(report: Report): void {
    if (report.kind === 'done') this.#isDone = true
    else if (report.kind === 'page') this.#of(report.sessionId).page = report.status
    else if (report.kind === 'text') this.#of(report.sessionId).texts.push(report.text)
    else if (report.kind === 'status') this.#change(report.sessionId, report.status)
    this.#changes.tell()
  }

  /** No more reports will come. */
  close(): void {
    this.#changes.close()
  }

  /** Waits until a condition holds. Resolves with `false` if the time runs out or the process ends first. */
  async until(holds: () => boolean, patienceMs: number): Promise<boolean> {
    return this.#changes.until(holds, patienceMs)
  }

  #of(sessionId: string): Standing & { startedAt: number | null } {
    const standing = this.#standings.get(sessionId) ?? { page: null, status: 'unknown', tookMs: null, texts: [], startedAt: null }
    this.#standings.set(sessionId, standing)
    return standing
  }

  #change(sessionId: string, status: string): void {
    const standing = this.#of(sessionId)
    standing.status = status
    standing.startedAt ??= Date.now()
    if (status === 'connected') standing.tookMs ??= Date.now() - standing.startedAt
  }
}
