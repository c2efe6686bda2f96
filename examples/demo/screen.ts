import { clearLine, clearScreenDown, cursorTo, moveCursor } from 'node:readline'

const BAR_WIDTH = 24

/** Where it goes. */
export type Output = NodeJS.WritableStream & { isTTY?: boolean }

/** What the person sees: plain lines, and on a terminal also a progress bar or a board below them, redrawn in place. */
export class Screen {
  readonly #output: Output
  readonly #startedAt = Date.now()
  #below = ''

  constructor(output: Output) {
    this.#output = output
  }

  /** Prints a line. */
  line(text: string = ''): void {
    this.#erase()
    this.#output.write(`${text}\n${this.#below}`)
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
    if (!this.isLive) {
      this.event(text)
      return
    }
    const filled = Math.round((BAR_WIDTH * done) / total)
    this.keepBelow([`  [${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${text}`])
    if (done === total) this.endProgress()
  }

  /** Whether lines that are redrawn in place can be seen. */
  get isLive(): boolean {
    return this.#output.isTTY === true
  }

  /** Keeps these lines below all others, in place of those that were there. Does nothing where nobody could see them change. */
  keepBelow(lines: readonly string[]): void {
    if (!this.isLive) return
    this.#erase()
    this.#below = lines.join('\n')
    this.#output.write(this.#below)
  }

  /** Leaves what is below as it is, and continues below it. */
  endProgress(): void {
    if (this.#below !== '') this.#output.write('\n')
    this.#below = ''
  }

  #erase(): void {
    if (this.#below === '') return
    const lines = this.#below.split('\n').length
    cursorTo(this.#output, 0)
    if (lines === 1) clearLine(this.#output, 0)
    else {
      moveCursor(this.#output, 0, 1 - lines)
      clearScreenDown(this.#output)
    }
  }
}

/** A time for people. */
export function seconds(durationMs: number, digits: number): string {
  return `${(durationMs / 1000).toFixed(digits)} s`
}
