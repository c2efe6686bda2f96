import { describe, expect, it } from 'vitest'
import { DISCONNECT_DECISIONS } from '../../src/disconnect/disconnect-decision.js'
import * as library from '../../src/index.js'
import * as sqlite from '../../src/sqlite.js'
import { membersOf, referencesOf, wordsOf } from './declarations.js'
import { allCauses, codesOf, describeDecision, describeStanding } from './decision-words.js'
import { exploreMachine } from './explore-machine.js'
import { codeIn, readPage, tableOf } from './markdown.js'

const readme = readPage('README.md')
const EVENTS_FILE = 'src/manager/session-manager-events.ts'
const STATUS_FILE = 'src/status/session-status.ts'

describe('what happens when', () => {
  const { rows } = tableOf(readme, 'what happened', 'code', 'what the library does', 'status and reason', 'credentials')
  const rowOf = new Map(rows.map(([what = '', ...cells]) => [codeIn(what)[0], cells]))

  it('has one row for each cause', () => {
    expect([...rowOf.keys()].sort()).toEqual(allCauses().sort())
    expect(rows.length).toBe(allCauses().length)
  })

  it.each(allCauses())('tells the truth about %s', (cause) => {
    const decision = DISCONNECT_DECISIONS[cause]
    const [codes = '', does, standing, credentials] = rowOf.get(cause) ?? []
    expect({ does, standing }).toEqual({ does: describeDecision(decision), standing: describeStanding(decision) })
    expect((codes.match(/\d+/gu) ?? []).map(Number)).toEqual(codesOf(cause))
    const others: Record<string, string> = {
      pairing_expired: 'nothing was paired', pairing_rejected: 'nothing was paired', intentional_logout: 'deleted by `logout` itself',
    }
    expect(credentials).toBe(others[cause] ?? 'kept')
  })
})

describe('statuses and reasons', () => {
  const { rows } = tableOf(readme, 'status', 'what it means', 'reasons')
  const reasonsOf = new Map(rows.map(([status = '', , reasons = '']) => [codeIn(status)[0], codeIn(reasons)]))

  it('has one row for each status', () => {
    expect(rows.map(([status = '']) => codeIn(status)[0])).toEqual(wordsOf(STATUS_FILE, 'SessionStatus'))
  })

  it('has every reason that a session can show, with its statuses, and no other', () => {
    const { standings } = exploreMachine()
    const shown = standings.flatMap(({ status, reason }) => (reason === null ? [] : [`${status} ${reason}`]))
    const told = [...reasonsOf].flatMap(([status, reasons]) => reasons.map(reason => `${status ?? ''} ${reason}`))
    expect(told.sort()).toEqual([...new Set(shown)].sort())
  })

  it('leaves out no reason', () => {
    const told = new Set([...reasonsOf.values()].flat())
    const rest = wordsOf(STATUS_FILE, 'StatusReason').filter(reason => !told.has(reason))
    expect(rest).toEqual(['already_connected', 'aborted'])
    expect(readme.text).toContain('`already_connected` and `aborted` stand only in the results of a restore.')
  })
})

describe('events', () => {
  const { rows } = tableOf(readme, 'event', 'beside `sessionId`', 'when')
  const eventTypes = referencesOf(EVENTS_FILE, 'SessionManagerEvents')

  it('has one row for each event', () => {
    expect(rows.map(([event = '']) => codeIn(event)[0])).toEqual([...eventTypes.keys()])
  })

  it.each(rows.map(([event = '', fields = '']) => ({ event: codeIn(event)[0] ?? '', fields: codeIn(fields) })))('tells what $event carries', ({ event, fields }) => {
    const type = eventTypes.get(event) ?? ''
    const members = type === 'RestoreResult' ? membersOf('src/restore/restore-report.ts', type) : membersOf(EVENTS_FILE, type)
    expect(fields).toEqual(members.filter(member => member !== 'sessionId'))
  })
})

it('has every error code, in order', () => {
  const { rows } = tableOf(readme, 'code', 'what went wrong')
  expect(rows.map(([code = '']) => codeIn(code)[0])).toEqual(wordsOf('src/errors.ts', 'SessionErrorCode'))
})

describe('options', () => {
  const { rows } = tableOf(readme, 'option', 'default', 'meaning')
  const defaults = new Map<string | undefined, unknown>(Object.entries(library.DEFAULT_SESSION_MANAGER_OPTIONS))

  it('has every option, in order', () => {
    expect(rows.map(([option = '']) => codeIn(option)[0])).toEqual(membersOf('src/manager/session-manager-options.ts', 'SessionManagerOptions'))
  })

  it('tells the defaults', () => {
    const told = rows.map(([option = '', text = '']) => [codeIn(option)[0], codeIn(text)[0]] as const).filter(([option]) => defaults.has(option))
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries([...defaults].map(([option, value]) => [option, format(value)])))
  })
})

it('names stores and repositories that this package has', () => {
  const { rows } = tableOf(readme, 'store', 'guarantees', 'does not')
  const shipped = [...Object.keys(library), ...Object.keys(sqlite)].filter(name => /(?:SessionStore|ConnectionRepository)$|^encrypted$/u.test(name))
  expect(rows.map(([store = '']) => codeIn(store)[0]).sort()).toEqual(shipped.sort())
})

function format(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value !== 'object' || value === null) return String(value)
  return `{ ${Object.entries(value).map(([name, inner]) => `${name}: ${format(inner)}`).join(', ')} }`
}
