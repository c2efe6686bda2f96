import { describe, expect, it } from 'vitest'
import type { ListFilter } from '../../examples/express/public/list-order.js'
import { orderedSessions } from '../../examples/express/public/list-order.js'
import { view } from './views.js'

const VIEWS = [
  view({ company_id: 'bakery', status: 'connected', phone_number: '5511912345678' }),
  view({ company_id: 'Zoo', status: 'failed', reason: 'restricted' }),
  view({ company_id: 'florist', status: 'connected', reason: 'not_responding' }),
  view({ company_id: 'garage', status: 'logged_out', reason: 'logged_out' }),
  view({ company_id: 'inn', status: 'connected', reason: 'message_capped' }),
  view({ company_id: 'hotel', status: 'disconnected', reason: 'stopped', phone_number: '351912345678' }),
]

function names(search = '', filter: ListFilter = 'all'): string[] {
  return orderedSessions(VIEWS, { search, filter }).map(({ company_id: id }) => id)
}

describe('The list of an administrator', () => {
  it('has problems first', () => {
    expect(names()).toEqual(['Zoo', 'garage', 'florist', 'inn', 'hotel', 'bakery'])
  })

  it.each([
    ['BAK', ['bakery']],
    ['+55 11 91234-5678', ['bakery']],
    ['91234', ['hotel', 'bakery']],
    ['-', []],
    ['nothing', []],
  ])('finds %j by name and by number', (search, found) => {
    expect(names(search)).toEqual(found)
  })

  it('shows only problems, or only what is connected', () => {
    expect(names('', 'problems')).toEqual(['Zoo', 'garage', 'florist', 'inn'])
    expect(names('', 'connected')).toEqual(['florist', 'inn', 'bakery'])
  })
})
