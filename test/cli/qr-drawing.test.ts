import { describe, expect, it } from 'vitest'
import { drawQr } from '../../src/cli/link/pairing-screen.js'
import { TerminalScreen } from './terminal-screen.js'

/** As long as those of WhatsApp are, which hold a reference of 131 characters, three keys of 44, and an address or none. */
const PLAIN = ['2@', 'r'.repeat(129), ',n'.repeat(22), ',i'.repeat(22), ',s'.repeat(22)].join('')
const WITH_ADDRESS = `https://wa.me/settings/linked_devices#${PLAIN},1`

function screenOf(text: string, hasColors: boolean): TerminalScreen {
  const screen = new TerminalScreen()
  for (const line of drawQr(text, hasColors).lines) screen.write(`${line}\n`)
  return screen
}

describe('a QR on a terminal', () => {
  it.each([PLAIN, WITH_ADDRESS, 'x'])('of %s can be read on dark and light themes', (text) => {
    const screen = screenOf(text, true)
    expect([screen.readQr('dark'), screen.readQr('light')]).toEqual([text, text])
  })

  it('can be read on dark themes without colors', () => {
    expect(screenOf(WITH_ADDRESS, false).readQr('dark')).toBe(WITH_ADDRESS)
    expect(drawQr(WITH_ADDRESS, false).lines.join('')).toMatch(/^[█▀▄ ]+$/u)
  })

  it('has a quiet zone of four modules all around, and fits into 80 columns', () => {
    const { lines, columns } = drawQr(WITH_ADDRESS, false)
    expect(columns).toBeLessThanOrEqual(79)
    expect(lines.every((line) => line.length === columns)).toBe(true)
    expect(lines.slice(0, 2)).toEqual(['█'.repeat(columns), '█'.repeat(columns)])
    // The last line is the upper half of a row that does not exist.
    expect(lines.slice(-2)).toEqual(['█'.repeat(columns), '▀'.repeat(columns)])
    for (const line of lines.slice(0, -1)) expect([line.slice(0, 4), line.slice(-4)]).toEqual(['████', '████'])
  })
})
