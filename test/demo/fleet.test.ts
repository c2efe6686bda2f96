import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Board } from '../../examples/demo/board.js'
import { Fleet } from '../../examples/demo/fleet.js'

const SESSION_IDS = ['a', 'b', 'c', 'd', 'e', 'f']

function connected(sessionIds: readonly string[]): { board: Board } {
  const board = new Board()
  for (const sessionId of sessionIds) board.add({ kind: 'status', sessionId, status: 'connected', message: '' })
  return { board }
}

describe('the fleet of the demo', () => {
  it('shows which process has which session, and what nobody has', () => {
    const fleet = new Fleet(SESSION_IDS)
    fleet.add('A', connected(['a', 'c']))
    fleet.add('B', connected(['b']))
    expect(fleet.rows()).toEqual(['  A   2  #.#...', '  B   1  .#....'])
    expect(fleet.summary()).toBe('A 2, B 1, on their way 3')
    expect([fleet.connected, fleet.countOf('A'), fleet.countOf('C')]).toEqual([3, 2, 0])
  })

  it('tells once how long each session was without a process', () => {
    vi.useFakeTimers({ now: 0, toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const fleet = new Fleet(SESSION_IDS)
    fleet.add('A', connected(['a', 'b', 'c']))
    const b = connected(['d', 'e', 'f'])
    fleet.add('B', b)
    fleet.takeOutages()
    fleet.remove('A')
    for (const [sessionId, at] of [
      ['c', 300],
      ['a', 700],
    ] as const) {
      vi.setSystemTime(at)
      b.board.add({ kind: 'status', sessionId, status: 'connected', message: '' })
      fleet.look()
    }
    expect(fleet.takeOutages()).toEqual([300, 700])
    expect(fleet.takeOutages()).toEqual([])
    expect(fleet.connected).toBe(5)
  })

  it('is balanced when all are connected, and nobody is far from its share', () => {
    const fleet = new Fleet(SESSION_IDS)
    fleet.add('A', connected(['a', 'b', 'c', 'd']))
    fleet.add('B', connected(['e']))
    expect(fleet.isBalanced).toBe(false)
    fleet.remove('B')
    fleet.add('B', connected(['e', 'f']))
    expect(fleet.isBalanced).toBe(true)
    fleet.add('C', connected([]))
    expect(fleet.isBalanced).toBe(false)
  })
})
