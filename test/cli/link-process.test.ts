// @module-tag full
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { buildProgram, type BuiltProgram, CommandProcess } from './command-process.js'
import { fileStore } from './stored-sessions.js'
import { TerminalProcess } from './terminal-process.js'
import { TerminalScreen } from './terminal-screen.js'

/** As the pretended phone's number looks to strangers. */
const MASKED = /Linked "acme" to 15•{7}\d\d \(Loop\)\./u

let program: BuiltProgram
beforeAll(async () => {
  program = await buildProgram()
})
afterAll(async () => {
  await program[Symbol.asyncDispose]()
})

function newStore(): { directory: string; name: string } {
  const directory = join(temporaryFolder(), 'sessions')
  return { directory, name: `fs:${directory}` }
}

describe('link, in a terminal', () => {
  it('shows a QR that a phone can read, with the time left, and takes it away once the phone is linked', async () => {
    const { directory, name } = newStore()
    const link = new TerminalProcess(program, ['link', name, 'acme', '--simulated'])
    await link.shows(() => link.output.includes('Valid for'))
    const [dark, light] = [link.screen.readQr('dark'), link.screen.readQr('light')]
    expect(dark).toMatch(/^(?:https:\/\/\S+#)?2@[^,]+(?:,[^,]+){3,}$/u)
    expect(light).toBe(dark)
    expect(link.screen.lines.at(-1)).toMatch(/^Valid for \d\d s\.$/u)
    expect(await link.ended()).toBe(0)
    // Not one of the QRs is left, and the terminal's own cursor is below the last line.
    expect(link.screen.text).toMatch(
      /^A simulated phone will scan this QR in a moment:\nFinishing the connection\.\.\.\nLinked "acme" to 15•{7}\d\d \(Loop\)\.\nThis is a simulated session\. .*$/u,
    )
    expect(link.screen.text).toMatch(MASKED)
    expect(await fileStore(directory).lock.owner('acme')).toBeNull()
    expect(link.output).not.toContain('privKey')
  })

  it('shows a pairing code instead', { tags: 'full' }, async () => {
    const { name } = newStore()
    const link = new TerminalProcess(program, ['link', name, 'acme', '--simulated', '--code', '+49 151 12345678'])
    await link.shows(() => link.output.includes('Valid for'))
    expect(link.screen.text).toMatch(/^A simulated phone will type this code in a moment:\n[\dA-Z]{4}-[\dA-Z]{4}\nValid for \d+ s\.$/u)
    expect(await link.ended()).toBe(0)
    expect(link.screen.text).toContain('Linked "acme" to 49•••••••••78 (Loop).')
    expect(link.screen.text).not.toMatch(/[\dA-Z]{4}-[\dA-Z]{4}/u)
  })

  it('ends with 130 at Ctrl-C, and leaves no session and no lock', async () => {
    const { directory, name } = newStore()
    const link = new TerminalProcess(program, ['link', name, 'acme', '--simulated'])
    await link.shows(() => link.output.includes('Valid for'))
    link.interrupt()
    expect(await link.ended()).toBe(130)
    expect(link.screen.readQr()).toBeUndefined()
    expect(link.screen.text).toContain('Nothing was stored.')
    expect(readdirSync(directory).filter((entry) => entry.startsWith('session-'))).toEqual([])
    expect(await fileStore(directory).lock.owner('acme')).toBeNull()
  })

  it('says how large the window must be', { tags: 'full' }, async () => {
    const { name } = newStore()
    const link = new TerminalProcess(program, ['link', name, 'acme', '--simulated'], { columns: 60, rows: 20 })
    await link.shows(() => link.output.includes('Valid for'))
    expect(link.screen.text.replaceAll('\n', '')).toMatch(/The QR needs \d+ columns and \d+ rows\. Make this window larger\./u)
    expect(link.output).not.toContain('█')
    link.interrupt()
    expect(await link.ended()).toBe(130)
  })
})

describe('link, in a pipe', () => {
  it('prints the QR of a simulation without colors, and ends by itself', async () => {
    const { name } = newStore()
    const link = new CommandProcess(program, ['link', name, 'acme', '--simulated'])
    expect(await link.ended()).toBe(0)
    expect(link.output).not.toContain('\u001B')
    const screen = new TerminalScreen()
    screen.write(link.output.slice(0, link.output.indexOf('▀'.repeat(40))))
    expect(screen.readQr()).toMatch(/2@[^,]+(?:,[^,]+){3,}$/u)
    expect(link.output).toMatch(MASKED)
    expect(link.errors).toMatch(/^It is valid until \d{4}-\d\d-\d\dT[\d:.]+Z\.$/mu)
  })

  it('prints no QR of a real phone unasked', { tags: 'full' }, async () => {
    const { name } = newStore()
    const link = new CommandProcess(program, ['link', name, 'acme'])
    expect([await link.ended(), link.output, link.errors]).toEqual([2, '', expect.stringContaining('Pass --print-qr')])
  })

  it('ends with 130 at SIGINT, and leaves no session', { tags: 'full' }, async () => {
    const { directory, name } = newStore()
    const link = new CommandProcess(program, ['link', name, 'acme', '--simulated'])
    await link.tells('It is valid until')
    link.signal('SIGINT')
    expect(await link.ended()).toBe(130)
    expect(readdirSync(directory).filter((entry) => entry.startsWith('session-'))).toEqual([])
  })
})
