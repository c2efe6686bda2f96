import encodeQR from 'qr'
import type { Printer } from '../printer.js'
import { fillWords, type LinkWords } from './link-words.js'

const TICK_MS = 1000

/** Shows a person what to scan or to type, with the time left. On a terminal each replaces the one before. */
export class PairingScreen {
  readonly #printer: Printer
  readonly #words: LinkWords
  readonly #isSimulated: boolean
  #ticking: NodeJS.Timeout | undefined
  #isTold = false
  #isShowing = false

  /** Shows nothing yet. */
  constructor(printer: Printer, words: LinkWords, isSimulated: boolean) {
    this.#printer = printer
    this.#words = words
    this.#isSimulated = isSimulated
  }

  /** Shows a QR. */
  showQr(qr: string, expiresAt: Date): void {
    this.#tellOnce(this.#isSimulated ? this.#words.simulatedScan : this.#words.scan)
    const drawing = drawQr(qr, this.#printer.hasColors)
    let fits: boolean | null = null
    this.#count(
      expiresAt,
      (caption) => {
        // Somebody may make the terminal larger meanwhile.
        const before = fits
        fits = this.#fits(drawing)
        if (fits === before) this.#printer.caption(caption)
        else this.#printer.picture(fits ? drawing.lines : [tooSmall(drawing, this.#words)], caption)
      },
      drawing.lines,
    )
  }

  /** Shows a pairing code. */
  showCode(code: string, expiresAt: Date): void {
    this.#tellOnce(this.#isSimulated ? this.#words.simulatedType : this.#words.type)
    const line = `${code.slice(0, 4)}-${code.slice(4)}`
    let isShown = false
    this.#count(
      expiresAt,
      (caption) => {
        if (isShown) this.#printer.caption(caption)
        else this.#printer.picture([line], caption)
        isShown = true
      },
      [line],
    )
  }

  /** Takes away what is shown: it is a secret, and of no more use. */
  clear(): void {
    this.#isShowing = false
    clearInterval(this.#ticking)
    this.#printer.clearPicture()
  }

  /** Takes away what is shown, if something is, and says why. */
  takeAway(message: string): void {
    const wasShowing = this.#isShowing
    this.clear()
    if (wasShowing) this.#printer.note(message)
  }

  #tellOnce(text: string): void {
    if (!this.#isTold) this.#printer.note(text)
    this.#isTold = true
  }

  #count(expiresAt: Date, redraw: (caption: string) => void, lines: readonly string[]): void {
    this.clear()
    this.#isShowing = true
    if (!this.#printer.canRedraw) {
      this.#printer.lines(lines)
      this.#printer.note(fillWords(this.#words.validUntil, { until: expiresAt.toISOString() }))
      return
    }
    const tick = (): void => redraw(timeLeft(expiresAt, new Date(), this.#words))
    tick()
    this.#ticking = setInterval(tick, TICK_MS)
  }

  #fits({ lines, columns }: QrDrawing): boolean {
    const { size } = this.#printer
    // Below it is the caption.
    return columns <= size.columns && lines.length < size.rows
  }
}

function tooSmall({ lines, columns }: QrDrawing, words: LinkWords): string {
  return fillWords(words.tooSmall, { columns, rows: lines.length + 1 })
}

/** The time until then, in whole seconds. */
export function timeLeft(expiresAt: Date, now: Date, words: LinkWords): string {
  const seconds = Math.max(0, Math.ceil((expiresAt.getTime() - now.getTime()) / 1000))
  return seconds === 0 ? words.expired : fillWords(words.timeLeft, { seconds })
}

/** How many modules stay free around a QR: readers need them (ISO/IEC 18004). */
const QUIET_ZONE = 4

/** What stands for two modules, one above the other, by which of them is light. */
const HALVES = { both: '█', upper: '▀', lower: '▄', none: ' ' } as const

/** White on black, whatever the colors of the terminal are. */
const COLORS = '\u001B[97;40m'
const RESET = '\u001B[0m'

/** A QR as text. */
export interface QrDrawing {
  /** From top to bottom. */
  readonly lines: readonly string[]
  /** How wide it is on a screen. */
  readonly columns: number
}

/**
 * Draws a QR, two rows of modules to a line. The light modules are drawn and the dark ones left out: without colors it is right on a dark terminal, with them on
 * any.
 */
export function drawQr(text: string, hasColors: boolean): QrDrawing {
  const modules = encodeQR(text, 'raw', { ecc: 'low', border: QUIET_ZONE })
  // Beyond the last row there is nothing, which is dark.
  const isLight = (row: number, column: number): boolean => modules[row]?.[column] === false
  const lines: string[] = []
  for (let row = 0; row < modules.length; row += 2) {
    const line = modules.map((_, column) => half(isLight(row, column), isLight(row + 1, column))).join('')
    lines.push(hasColors ? `${COLORS}${line}${RESET}` : line)
  }
  return { lines, columns: modules.length }
}

function half(isUpperLight: boolean, isLowerLight: boolean): string {
  if (isUpperLight) return isLowerLight ? HALVES.both : HALVES.upper
  return isLowerLight ? HALVES.lower : HALVES.none
}
