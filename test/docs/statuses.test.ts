import { describe, expect, it } from 'vitest'
import { wordsOf } from './declarations.js'
import { exploreMachine } from './explore-machine.js'
import { ALL_STATUS_REASONS } from '../../src/status/status-reasons.js'
import { codeIn, readPage, tableOf } from './markdown.js'

const page = readPage('docs/statuses.md')
const STATUS_FILE = 'src/status/status-reasons.ts'

describe('statuses and reasons', () => {
  const { rows } = tableOf(page, 'status', 'what it means', 'reasons')
  const reasonsOf = new Map(rows.map(([status = '', , reasons = '']) => [codeIn(status)[0], codeIn(reasons)]))

  it('has one row for each status', () => {
    expect(rows.map(([status = '']) => codeIn(status)[0])).toEqual(wordsOf(STATUS_FILE, 'SessionStatus'))
  })

  it('has every reason that a session can show, with its statuses, and no other', () => {
    const { standings } = exploreMachine()
    const shown = standings.flatMap(({ status, reason }) => (reason === null ? [] : [`${status} ${reason}`]))
    // What nobody runs has no machine: a cluster says so of it.
    shown.push('disconnected waiting_for_capacity')
    const told = [...reasonsOf].flatMap(([status, reasons]) => reasons.map((reason) => `${status ?? ''} ${reason}`))
    expect(told.sort()).toEqual([...new Set(shown)].sort())
  })

  it('leaves out no reason', () => {
    const told = new Set([...reasonsOf.values()].flat())
    const rest = ALL_STATUS_REASONS.filter((reason) => !told.has(reason))
    expect(rest).toEqual(['already_connected', 'aborted'])
    expect(page.text).toContain('`already_connected` and `aborted` appear only in the results of a restore.')
  })
})
