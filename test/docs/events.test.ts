import { describe, expect, it } from 'vitest'
import { membersOf, referencesOf } from './declarations.js'
import { codeIn, readPage, tableOf } from './markdown.js'

const EVENTS_FILE = 'src/manager/session-manager-events.ts'

describe('docs/events.md', () => {
  const { rows } = tableOf(readPage('docs/events.md'), 'event', 'besides `sessionId`', 'when')
  const eventTypes = referencesOf(EVENTS_FILE, 'SessionManagerEvents')

  it('has one row for each event', () => {
    expect(rows.map(([event = '']) => codeIn(event)[0])).toEqual([...eventTypes.keys()])
  })

  it.each(rows.map(([event = '', fields = '']) => ({ event: codeIn(event)[0] ?? '', fields: codeIn(fields) })))(
    'tells what $event carries',
    ({ event, fields }) => {
      const type = eventTypes.get(event) ?? ''
      const members = type === 'RestoreResult' ? membersOf('src/manager/restore-report.ts', type) : membersOf(EVENTS_FILE, type)
      expect(fields).toEqual(members.filter((member) => member !== 'sessionId'))
    },
  )
})
