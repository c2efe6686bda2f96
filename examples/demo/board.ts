import type { Report } from './reports.js'

/** Where a session stands, by what one process has told. */
export interface Standing {
  /** What the status page showed right after the start; `null` when nobody looked. */
  page: string | null
  /** Its status. */
  status: string
  /** How long it took from the first `connecting` to `connected`, in milliseconds. */
  tookMs: number | null
  /** The texts that came. */
  texts: string[]
}

/** These do not change by themselves. A session in `pairing` shows a QR code. */
const SETTLED = new Set(['connected', 'pairing', 'disconnected', 'logged_out', 'failed'])

/** Keeps what one process tells of its sessions, and lets the demo wait for more. */
export class Board {
  readonly #standings = new Map<string, Standing & { startedAt: number | null }>()
  readonly #waiting = new Set<() => void>()
  #isDone = false
  #isClosed = false

  /** Whether the application has done what it was started for. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** Where a session stands; one that nothing was told of is `unknown`. */
  of(sessionId: string): Standing {
    return this.#of(sessionId)
  }

  /** Whether a session is connected. */
  isConnected(sessionId: string): boolean {
    return this.#of(sessionId).status === 'connected'
  }

  /** Whether a session has arrived somewhere. */
  isSettled(sessionId: string): boolean {
    return SETTLED.has(this.#of(sessionId).status)
  }

  /** Takes in a report. */
  add(report: Report): void {
    if (report.kind === 'done') this.#isDone = true
    else if (report.kind === 'page') this.#of(report.sessionId).page = report.status
    else if (report.kind === 'text') this.#of(report.sessionId).texts.push(report.text)
    else if (report.kind === 'status') this.#change(report.sessionId, report.status)
    this.#wake()
  }

  /** Nothing more will be told. */
  close(): void {
    this.#isClosed = true
    this.#wake()
  }

  /** Waits until a condition holds. Answers `false` when the time is over or the process has ended before. */
  async until(holds: () => boolean, patienceMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve(holds())
      }
      const look = (): void => { if (this.#isClosed || holds()) settle() }
      const timer = setTimeout(settle, patienceMs)
      this.#waiting.add(look)
      look()
    })
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

  #wake(): void {
    for (const look of [...this.#waiting]) look()
  }
}
