import type { OutputStream } from './command-environment.js'

const CLEAR_TO_END = '\u001B[J'
const CLEAR_LINE = '\r\u001B[2K'

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
    this.#stream.write(`${lines.map(line => `${line}\n`).join('')}${caption}`)
  }

  #erase(): void {
    if (this.#shown === null) return
    const { length } = this.#shown.lines
    this.#stream.write(`\r${length > 0 ? `\u001B[${length}A` : ''}${CLEAR_TO_END}`)
  }
}
