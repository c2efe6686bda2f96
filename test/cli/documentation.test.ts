import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stateInWords } from '../../src/cli/fleet/fleet-report.js'
import { optionForm } from '../../src/cli/help.js'
import { PHONE_ORDERS } from '../../src/cli/whatsapp-server-command.js'
import { COMMANDS } from '../../src/cli/run.js'
import { STORE_NAMES } from '../../src/cli/stores/parse-store-name.js'
import { type StandingState, waitsForPerson } from '../../src/cli/status/standing.js'
import { FileConnectionRepository } from '../../src/index.js'
import { wordsOf } from '../docs/declarations.js'
import { codeBlocksOf, codeIn, type Page, readPage, tableOf } from '../docs/markdown.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { connected, FleetMember } from './fleet-member.js'
import { fileStore, storePaired } from './stored-sessions.js'

const page = readPage('docs/command-line.md')

/** The part of the page about a command. */
function partOf(name: string): Page {
  const [, part = ''] = new RegExp(`^## ${name}$([^]*?)(?=^## |(?![^]))`, 'mu').exec(page.text) ?? []
  return { file: `${page.file} (${name})`, text: part }
}

/** The rows under a heading of a help text, as two columns. */
function rowsOf(help: string, heading: string): string[][] {
  const [, block = ''] = new RegExp(`^${heading}:\\n((?:  .+\\n?)+)`, 'mu').exec(help) ?? []
  return block
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/u))
}

const codeAndText = (rows: string[][]): string[][] => rows.map(([code = '', text = '']) => [codeIn(code)[0] ?? code, text])

describe('docs/command-line.md', () => {
  it('has the commands and stores of --help', async () => {
    const { output } = await runCommand(['--help'])
    expect(codeAndText(tableOf(page, 'command', 'what it does').rows)).toEqual(rowsOf(output, 'Commands'))
    expect(codeAndText(tableOf(page, 'name', 'store').rows)).toEqual(rowsOf(output, 'Stores'))
    expect(STORE_NAMES).toHaveLength(9)
  })

  it.each(COMMANDS.map(({ name }) => name))('has the options of %s --help', async (name) => {
    const { code, output, errors } = await runCommand([name, '--help'])
    expect([code, errors]).toEqual([0, ''])
    const options = COMMANDS.find((command) => command.name === name)?.options ?? {}
    const part = partOf(name)
    const documented = Object.keys(options).length === 0 ? [] : codeAndText(tableOf(part, 'option', 'meaning').rows)
    expect(documented).toEqual(Object.entries(options).map(([option, description]) => [optionForm(option, description), description.meaning]))
    if (documented.length > 0) expect(rowsOf(output, 'Options')).toEqual(documented)
    expect(part.text.length).toBeGreaterThan(100)
  })

  it('has what is typed for a phone', () => {
    const rows = codeAndText(tableOf(partOf('whatsapp-server'), 'line', 'what the phone does').rows)
    expect(rows.map(([form]) => form)).toEqual(PHONE_ORDERS.map(([form]) => form))
  })

  it('has every state and every finding', () => {
    const first = (rows: string[][]): string[] => rows.map(([cell = '']) => codeIn(cell)[0] ?? '')
    expect(first(tableOf(page, 'state', 'what it means').rows)).toEqual(wordsOf('src/cli/doctor/diagnosis.ts', 'DoctorState'))
    expect(first(tableOf(page, 'finding', 'what it means', 'needs a person', '`--repair`').rows)).toEqual(wordsOf('src/cli/doctor/finding.ts', 'FindingCode'))
  })

  it('has every way in which a session can stand, and who has to act', () => {
    const rows = tableOf(page, 'stands', 'what it means', 'needs a person').rows
    const states = wordsOf('src/cli/status/standing.ts', 'StandingState')
    expect(rows.map(([state = '', , waits]) => [codeIn(state)[0], waits])).toEqual(
      states.map((state) => [state, waitsForPerson({ state: state as StandingState }) ? 'yes' : 'no']),
    )
  })

  it('has every state of a process of a fleet', () => {
    const [outside, draining, taking, idle] = [
      { isMember: false, isDraining: false, takesSessions: false },
      { isMember: true, isDraining: true, takesSessions: false },
      { isMember: true, isDraining: false, takesSessions: true },
      { isMember: true, isDraining: false, takesSessions: false },
    ].map((process) => stateInWords({ owner: '', address: null, sessions: 0, capacity: null, leaseLeftMs: null, ...process }))
    const rows = codeAndText(tableOf(partOf('fleet'), 'state', 'what the process does').rows)
    expect(rows.map(([state]) => state)).toEqual([taking, idle, draining, outside])
  })

  it('shows the object of fleet --json with the fields that it has', async () => {
    const example: unknown = JSON.parse(codeBlocksOf(partOf('fleet')).find(({ language }) => language === 'json')?.code ?? '')
    const file = join(temporaryFolder(), 'sessions.db')
    await (await FleetMember.open(file)).announce()
    const { output } = await runCommand(['fleet', `sqlite:${file}`, '--json'])
    expect(shapeOf(example)).toEqual(shapeOf(JSON.parse(output)))
    expect(shapeOf(example)).toMatchObject({ processes: [{ owner: true }] })
  })

  it('shows the object of status --json with the fields that it has', async () => {
    const example: unknown = JSON.parse(codeBlocksOf(partOf('status')).find(({ language }) => language === 'json')?.code ?? '')
    const folder = temporaryFolder()
    const member = await FleetMember.open(join(folder, 'sessions.db'))
    await storePaired(member.store, 'company-1')
    await member.take('company-1', connected())
    const file = join(folder, 'connections.json')
    await new FileConnectionRepository({ file }).save('company-1', { status: 'connected' })
    const { output } = await runCommand(['status', `sqlite:${folder}/sessions.db`, '--json', '--connections', file])
    expect(shapeOf(example)).toEqual(shapeOf(JSON.parse(output)))
    expect(shapeOf(example)).toMatchObject({ sessions: [{ running: { status: true }, connection: { status: true } }] })
  })

  it('shows the object of --json with the fields that it has', async () => {
    const example: unknown = JSON.parse(codeBlocksOf(partOf('doctor')).find(({ language }) => language === 'json')?.code ?? '')
    const directory = join(temporaryFolder(), 'sessions')
    await storePaired(fileStore(directory), 'company-1')
    chmodSync(join(directory, 'session-company-1', 'creds.json'), 0o644)
    const { output } = await runCommand(['doctor', `fs:${directory}`, '--json'])
    expect(shapeOf(example)).toEqual(shapeOf(JSON.parse(output)))
    expect(shapeOf(example)).toMatchObject({ sessions: [{ findings: [{ code: true }] }] })
  })
})

/** The names of the fields, at every level. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? true : [shapeOf(value[0])]
  if (typeof value !== 'object' || value === null) return true
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shapeOf(part)]))
}
