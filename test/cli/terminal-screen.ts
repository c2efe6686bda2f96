import decodeQR from 'qr/decode.js'

const PIXELS = 4
const ESCAPE = '\u001B'

/** A cell of a screen, with the colors it was given: as they are, or those of the theme. */
interface Cell {
  readonly text: string
  readonly isColored: boolean
}

/** A terminal, as far as the program uses one: what a person sees of all that was printed. */
export class TerminalScreen {
  readonly #rows: Cell[][] = [[]]
  readonly #columns: number
  #row = 0
  #column = 0
  #isColored = false
  #rest = ''

  constructor(columns = 80) {
    this.#columns = columns
  }

  /** What the program has written. */
  write(text: string): void {
    const [plain = '', ...sequences] = (this.#rest + text).split(ESCAPE)
    this.#rest = ''
    for (const character of plain) this.#put(character)
    for (const [index, sequence] of sequences.entries()) {
      const [whole, parameters = '', name = ''] = /^\[([\d;]*)([A-Za-z])/u.exec(sequence) ?? []
      if (whole === undefined && index === sequences.length - 1) {
        // The rest of it comes with the next text.
        this.#rest = ESCAPE + sequence
        return
      }
      this.#control(name, parameters)
      for (const character of sequence.slice(whole?.length ?? 0)) this.#put(character)
    }
  }

  /** The lines that are to be seen, without the empty ones at the end. */
  get lines(): string[] {
    const lines = this.#rows.map((row) =>
      row
        .map(({ text }) => text)
        .join('')
        .trimEnd(),
    )
    while (lines.at(-1) === '') lines.pop()
    return lines
  }

  /** All of it. */
  get text(): string {
    return this.lines.join('\n')
  }

  /** Reads the QR that is shown, as any phone would; `undefined` when there is none. `theme`: what the terminal draws with where nobody says. */
  readQr(theme: 'dark' | 'light' = 'dark'): string | undefined {
    const rows = this.#rows.filter((row) => row.some(({ text }) => text === '█' || text === '▀'))
    const width = Math.max(0, ...rows.map(({ length }) => length))
    if (rows.length < 10) return undefined
    const isLight = (x: number, y: number): boolean => {
      const { text, isColored } = rows[Math.floor(y / 2)]?.[x] ?? { text: ' ', isColored: false }
      const isInk = text === '█' || text === (y % 2 === 0 ? '▀' : '▄')
      return isInk === (isColored || theme === 'dark')
    }
    // Some readers take one with light and dark exchanged; not all do.
    return isLight(0, 0) ? decodeModules(width, rows.length * 2, isLight) : undefined
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0
    else if (character === '\n') this.#moveTo(this.#row + 1, 0)
    else {
      if (this.#column === this.#columns) this.#moveTo(this.#row + 1, 0)
      const row = this.#rows[this.#row] ?? []
      while (row.length < this.#column) row.push({ text: ' ', isColored: false })
      row[this.#column] = { text: character, isColored: this.#isColored }
      this.#column += 1
    }
  }

  #moveTo(row: number, column: number): void {
    this.#row = Math.max(0, row)
    this.#column = column
    while (this.#rows.length <= this.#row) this.#rows.push([])
  }

  #control(name: string, parameters: string): void {
    switch (name) {
      case 'A':
        this.#moveTo(this.#row - Number(parameters === '' ? 1 : parameters), this.#column)
        return
      case 'J':
        this.#rows.length = this.#row + 1
        this.#rows[this.#row]?.splice(this.#column)
        return
      case 'K':
        this.#rows[this.#row]?.splice(parameters === '2' ? 0 : this.#column)
        return
      case 'm':
        this.#isColored = parameters === '97;40'
        return
      default:
        throw new Error(`This terminal does not know [${parameters}${name}.`)
    }
  }
}

/** Reads a QR by its modules. */
function decodeModules(width: number, height: number, isLight: (x: number, y: number) => boolean): string | undefined {
  const [columns, rows] = [width * PIXELS, height * PIXELS]
  const data = new Uint8Array(columns * rows * 3)
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++)
      data.fill(isLight(Math.floor(x / PIXELS), Math.floor(y / PIXELS)) ? 255 : 0, (y * columns + x) * 3, (y * columns + x) * 3 + 3)
  }
  try {
    return decodeQR({ width: columns, height: rows, data })
  } catch {
    return undefined
  }
}
