import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RestoreOutcome, RestoreResult } from '../../../src/manager/restore-report.js'
import { abortedResult, RestoreTally } from '../../../src/manager/restore-run.js'

const result = (sessionId: string, outcome: RestoreOutcome): RestoreResult => ({ sessionId, outcome, reason: null, durationMs: 1 })
const ids = (results: RestoreResult[]): string[] => results.map(({ sessionId }) => sessionId)

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('RestoreTally', () => {
  it('counts each result, and keeps each id in one list', () => {
    const tally = new RestoreTally(['a', 'b', 'c', 'd', 'e'], Date.now())
    expect(tally.add(result('a', 'restored'))).toEqual({ total: 5, done: 1, restored: 1, retrying: 0, skipped: 0, failed: 0, result: result('a', 'restored') })
    tally.add(result('b', 'retrying'))
    tally.add(result('c', 'skipped'))
    tally.add(result('d', 'failed'))
    expect(tally.add(result('e', 'already_connected'))).toMatchObject({ total: 5, done: 5, restored: 1, retrying: 1, skipped: 2, failed: 1 })
    vi.advanceTimersByTime(1234)
    const report = tally.report()
    expect([ids(report.restored), ids(report.retrying), ids(report.skipped), ids(report.failed)]).toEqual([['a'], ['b'], ['c', 'e'], ['d']])
    expect([report.total, report.durationMs]).toEqual([5, 1234])
  })

  it('reports what has no result yet as called off', () => {
    const tally = new RestoreTally(['a', 'b'], Date.now())
    tally.add(result('b', 'restored'))
    expect(tally.report()).toMatchObject({ total: 2, restored: [{ sessionId: 'b' }], skipped: [abortedResult('a')] })
  })

  it('lists in the order of the sessions, whatever came first', () => {
    const tally = new RestoreTally(['a', 'b', 'c'], Date.now())
    for (const id of ['c', 'a', 'b']) tally.add(result(id, 'restored'))
    expect(ids(tally.report().restored)).toEqual(['a', 'b', 'c'])
  })

  it('takes a second result of one session instead of the first', () => {
    const tally = new RestoreTally(['a'], Date.now())
    tally.add(result('a', 'failed'))
    expect(tally.add(result('a', 'restored'))).toMatchObject({ done: 1, restored: 1, failed: 0 })
  })

  it('reports nothing of nothing', () => {
    expect(new RestoreTally([], Date.now()).report()).toEqual({ total: 0, restored: [], retrying: [], skipped: [], failed: [], durationMs: 0 })
  })
})
