import { expect, it } from 'vitest'
import { UnheldSessions } from '../../../src/cluster/unheld-sessions.js'

const half = (): number => 0.5
const takerOf = (sessionId: string): string => (sessionId.startsWith('mine') ? 'self' : 'other')

function due(unheld: UnheldSessions, now: number): string[] {
  return [...unheld.due('self', now, 1, takerOf)]
}

it('gives a member its own share first, and what others left for long after that', () => {
  const unheld = new UnheldSessions(half)
  for (const sessionId of ['theirs-0', 'mine-0', 'theirs-1', 'mine-1']) unheld.add(sessionId, 0)
  expect(due(unheld, 1000)).toEqual(['mine-0', 'mine-1'])
  expect(due(unheld, 4000)).toEqual(['mine-0', 'mine-1', 'theirs-0', 'theirs-1'])
})

it('leaves alone what was released to a successor, and what somebody else has', () => {
  const unheld = new UnheldSessions(half)
  unheld.add('mine-0', 0, true)
  unheld.add('mine-1', 0)
  unheld.postpone('mine-1', 0)
  expect(due(unheld, 2999)).toEqual([])
  expect(due(unheld, 3000)).toEqual(['mine-0', 'mine-1'])
  unheld.postpone('mine-1', 3000)
  expect(due(unheld, 8999)).toEqual(['mine-0'])
  expect(due(unheld, 9000)).toEqual(['mine-0', 'mine-1'])
})

it('leaves a session to its taker at first, and to anybody after three to four seconds', () => {
  const unheld = new UnheldSessions(() => 0.999)
  unheld.add('theirs-0', 0)
  expect(due(unheld, 3000)).toEqual([])
  expect(due(unheld, 4000)).toEqual(['theirs-0'])
})
