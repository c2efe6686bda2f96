import type { CommandEnvironment, OutputStream } from './command-environment.js'
import { plainJson, plainText } from './terminal-text.js'

/** How a line is to stand out. */
export type Tone = 'plain' | 'good' | 'bad' | 'doubtful'

const COLORS: Readonly<Record<Exclude<Tone, 'plain'>, string>> = Object.freeze({ good: '\u001B[32m', bad: '\u001B[31m', doubtful: '\u001B[33m' })
const RESET = '\u001B[0m'
const CLEAR_LINE = '\r\u001B[2K'

/** The one place where text leaves the program: nothing that came from elsewhere reaches a terminal as it is. */
export class Printer {
  readonly #environment: CommandEnvironment
  #hasStatus = false

  /** Prints to the streams of an environment. */
  constructor(environment: CommandEnvironment) {
    this.#environment = environment
  }

  /** A line of the result. */
  line(text: string, tone: Tone = 'plain'): void {
    this.#write(this.#environment.stdout, text, tone)
  }

  /** A text of our own that may have several lines. */
  text(text: string): void {
    for (const line of text.split('\n')) this.line(line)
  }

  /** The result, for machines. */
  json(value: unknown): void {
    this.#environment.stdout.write(`${plainJson(value)}\n`)
  }

  /** A line beside the result: an error, or what is going on. */
  note(text: string, tone: Tone = 'plain'): void {
    this.clearStatus()
    this.#write(this.#environment.stderr, text, tone)
  }

  /** Whether a line that changes can be shown. */
  get hasTerminal(): boolean {
    return this.#environment.stderr.isTTY === true
  }

  /** Shows a line that the next one replaces; only where {@link hasTerminal}. */
  status(text: string): void {
    // A line that is too long would wrap, and then not be replaced.
    const { columns = 0 } = this.#environment.stderr
    const width = columns > 20 ? columns - 1 : 79
    this.#environment.stderr.write(`${CLEAR_LINE}${plainText(text).slice(0, width)}`)
    this.#hasStatus = true
  }

  /** Takes that line away. */
  clearStatus(): void {
    if (this.#hasStatus) this.#environment.stderr.write(CLEAR_LINE)
    this.#hasStatus = false
  }

  #write(stream: OutputStream, text: string, tone: Tone): void {
    const plain = plainText(text)
    const isColored = tone !== 'plain' && stream.isTTY === true && (this.#environment.variables['NO_COLOR'] ?? '') === '' && this.#environment.variables['TERM'] !== 'dumb'
    stream.write(isColored ? `${COLORS[tone]}${plain}${RESET}\n` : `${plain}\n`)
  }
}
