import { clearLine, cursorTo } from 'node:readline'

const BAR_WIDTH = 24

/** Where it goes. */
export type Output = NodeJS.WritableStream & { isTTY?: boolean }

/** What the person sees: plain lines, and on a terminal also a progress bar below them, redrawn in place. */
export class Screen {
  readonly #output: Output
  readonly #startedAt = Date.now()
  #bar = ''

  constructor(output: Output) {
    this.#output = output
  }

  /** Prints a line. */
  line(text: string = ''): void {
    this.#eraseBar()
    this.#output.write(`${text}\n${this.#bar}`)
  }

  /** Prints a line about something that just happened. */
  event(text: string): void {
    this.line(`  ${seconds(Date.now() - this.#startedAt, 1).padStart(6)}  ${text}`.trimEnd())
  }

  /** Prints a line that starts a new part. */
  headline(text: string): void {
    this.line()
    this.line(`== ${text}`)
  }

  /** Prints a table, with columns as wide as they need to be. */
  table(rows: readonly (readonly string[])[]): void {
    const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
    for (const row of rows)
      this.line(
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('   ')
          .trimEnd(),
      )
  }

  /** Shows the progress: as a bar on a terminal, otherwise as a line. */
  progress(what: string, done: number, total: number): void {
    const text = `${what} ${done} of ${total}`
    if (this.#output.isTTY !== true) {
      this.event(text)
      return
    }
    this.#eraseBar()
    const filled = Math.round((BAR_WIDTH * done) / total)
    this.#bar = `  [${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${text}`
    this.#output.write(this.#bar)
    if (done === total) this.endProgress()
  }

  /** Leaves the bar as it is, and continues below it. */
  endProgress(): void {
    if (this.#bar !== '') this.#output.write('\n')
    this.#bar = ''
  }

  #eraseBar(): void {
    if (this.#bar === '') return
    cursorTo(this.#output, 0)
    clearLine(this.#output, 0)
  }
}

/** A time for people. */
export function seconds(durationMs: number, digits: number): string {
  return `${(durationMs / 1000).toFixed(digits)} s`
}
