import type { CommandEnvironment, OutputStream } from './command-environment.js'
import { hidePasswords, plainJson, plainText } from './terminal-text.js'

/** How a line is to stand out. */
export type Tone = 'plain' | 'good' | 'bad' | 'doubtful'

const COLORS: Readonly<Record<Exclude<Tone, 'plain'>, string>> = Object.freeze({ good: '\u001B[32m', bad: '\u001B[31m', doubtful: '\u001B[33m' })
const RESET = '\u001B[0m'
const CLEAR_LINE = '\r\u001B[2K'
const CLEAR_TO_END = '\u001B[J'

/** The one place where text leaves the program: nothing that came from elsewhere reaches a terminal as it is. */
export class Printer {
  readonly #environment: CommandEnvironment
  readonly #picture: TerminalPicture
  #hasStatus = false

  /** Prints to the streams of an environment. */
  constructor(environment: CommandEnvironment) {
    this.#environment = environment
    this.#picture = new TerminalPicture(environment.stdout)
  }

  /** A line of the result. */
  line(text: string, tone: Tone = 'plain'): void {
    this.#write(this.#environment.stdout, text, tone)
  }

  /** A text of our own that may have several lines. */
  text(text: string): void {
    for (const line of text.split('\n')) this.line(line)
  }

  /** Lines of our own that are a picture: they reach the result as they are. */
  lines(lines: readonly string[]): void {
    for (const line of lines) this.#environment.stdout.write(`${line}\n`)
  }

  /** The result, for machines. */
  json(value: unknown): void {
    this.#environment.stdout.write(`${plainJson(value, 2)}\n`)
  }

  /** One of several results for machines, on a line. */
  jsonLine(value: unknown): void {
    this.#environment.stdout.write(`${plainJson(value)}\n`)
  }

  /** Whether the result goes to a person. */
  get isTerminal(): boolean {
    return this.#environment.stdout.isTTY === true
  }

  /** Whether the result goes to a terminal that can replace what it shows. */
  get canRedraw(): boolean {
    return this.isTerminal && !this.#isDumb
  }

  /** Whether the result may have colors. */
  get hasColors(): boolean {
    return this.#mayColor(this.#environment.stdout)
  }

  /** How much fits on the terminal that the result goes to; endless where nobody knows. */
  get size(): { columns: number; rows: number } {
    const { columns = 0, rows = 0 } = this.#environment.stdout
    return { columns: columns > 0 ? columns : Infinity, rows: rows > 0 ? rows : Infinity }
  }

  /** A text as it may stand in a picture: a line that is too long would wrap, and then not be replaced. */
  fitting(text: string): string {
    return plainText(text).slice(0, this.size.columns - 1)
  }

  /** Shows lines of our own that the next ones replace, and a caption; only where {@link canRedraw}. What else is printed comes above. */
  picture(lines: readonly string[], caption: string): void {
    this.#picture.show(lines, this.fitting(caption))
  }

  /** Replaces that caption. */
  caption(text: string): void {
    this.#picture.setCaption(this.fitting(text))
  }

  /** Takes those lines away. */
  clearPicture(): void {
    this.#picture.clear()
  }

  /** A line beside the result: an error, or what is going on. No password of an address is in it, whoever wrote the text. */
  note(text: string, tone: Tone = 'plain'): void {
    this.clearStatus()
    this.#write(this.#environment.stderr, hidePasswords(text), tone)
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
    this.#environment.stderr.write(`${CLEAR_LINE}${plainText(hidePasswords(text)).slice(0, width)}`)
    this.#hasStatus = true
  }

  /** Takes that line away. */
  clearStatus(): void {
    if (this.#hasStatus) this.#environment.stderr.write(CLEAR_LINE)
    this.#hasStatus = false
  }

  #write(stream: OutputStream, text: string, tone: Tone): void {
    const plain = plainText(text)
    const isColored = tone !== 'plain' && this.#mayColor(stream)
    this.#picture.makeRoomFor(() => {
      stream.write(isColored ? `${COLORS[tone]}${plain}${RESET}\n` : `${plain}\n`)
    })
  }

  #mayColor({ isTTY }: OutputStream): boolean {
    return isTTY === true && (this.#environment.variables['NO_COLOR'] ?? '') === '' && !this.#isDumb
  }

  get #isDumb(): boolean {
    return this.#environment.variables['TERM'] === 'dumb'
  }
}

/** Lines on a terminal that are replaced where they are, with a caption below that changes more often. */
export class TerminalPicture {
  readonly #stream: OutputStream
  #shown: { readonly lines: readonly string[]; readonly caption: string } | null = null

  /** Draws to a stream that is a terminal. The cursor is its own while something is shown. */
  constructor(stream: OutputStream) {
    this.#stream = stream
  }

  /** Shows lines in the place of those that are shown. None may be longer than the terminal is wide. */
  show(lines: readonly string[], caption: string): void {
    this.clear()
    this.#shown = { lines, caption }
    this.#draw()
  }

  /** Replaces the caption alone. */
  setCaption(caption: string): void {
    if (this.#shown === null) return
    this.#shown = { ...this.#shown, caption }
    this.#stream.write(`${CLEAR_LINE}${caption}`)
  }

  /** Takes the lines away: a terminal keeps what it has shown. */
  clear(): void {
    this.#erase()
    this.#shown = null
  }

  /** Lets something else be printed, above the lines. */
  makeRoomFor(print: () => void): void {
    this.#erase()
    print()
    this.#draw()
  }

  #draw(): void {
    if (this.#shown === null) return
    const { lines, caption } = this.#shown
    this.#stream.write(`${lines.map((line) => `${line}\n`).join('')}${caption}`)
  }

  #erase(): void {
    if (this.#shown === null) return
    const { length } = this.#shown.lines
    this.#stream.write(`\r${length > 0 ? `\u001B[${length}A` : ''}${CLEAR_TO_END}`)
  }
}
