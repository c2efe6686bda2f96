import encodeQR from 'qr'

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
