import { describe, expect, it } from 'vitest'
import type { HistoryEntry } from '../../examples/express/public/api.js'
import { foldHistory, mergeHistory } from '../../examples/express/public/history-folding.js'

const START = Date.parse('2026-01-01T00:00:00.000Z')

function entry(afterMs: number, kind: string, rest: Partial<HistoryEntry> = {}): HistoryEntry {
  return { at: new Date(START + afterMs).toISOString(), kind, status: null, reason: null, message: '', code: null, ...rest }
}

/** Told oldest first, for people who read this; the page has the newest first. */
function fold(...entries: HistoryEntry[]): string[] {
  return foldHistory([...entries].reverse())
    .reverse()
    .map(({ kind, status, reason, code, times }) => [kind, status, reason, code, times].map((part) => String(part ?? '-')).join(' '))
}

describe('The history, folded', () => {
  it('tells a lost socket and the status that follows as one, in whichever order they come', () => {
    const loss = entry(0, 'disconnected', { reason: 'connection_lost', code: 428 })
    const status = entry(2, 'status', { status: 'reconnecting', reason: 'connection_lost' })
    expect(fold(loss, status)).toEqual(['status reconnecting connection_lost 428 1'])
    expect(fold({ ...status, at: loss.at }, loss)).toEqual(['status reconnecting connection_lost 428 1'])
  })

  it('tells an outage once, with its attempts', () => {
    const attempt = (afterMs: number): HistoryEntry[] => [
      entry(afterMs, 'status', { status: 'connecting', reason: 'connection_lost' }),
      entry(afterMs + 5, 'disconnected', { code: 408 }),
      entry(afterMs + 5, 'status', { status: 'reconnecting', reason: 'connection_lost' }),
    ]
    expect(
      fold(
        entry(0, 'status', { status: 'reconnecting', reason: 'connection_lost' }),
        ...attempt(1000),
        ...attempt(3000),
        entry(9000, 'status', { status: 'connected' }),
      ),
    ).toEqual(['status reconnecting connection_lost - 3', 'status connected - - 1'])
  })

  it('tells who ended a link, once', () => {
    const who = entry(0, 'logged_out', { reason: 'intentional_logout' })
    const status = entry(0, 'status', { status: 'logged_out', reason: 'logged_out' })
    for (const entries of [
      [who, status],
      [status, who],
    ])
      expect(fold(...entries)).toEqual([expect.stringMatching(/^logged_out \S+ intentional_logout - 1$/u)])
  })

  it('leaves out what a status says already, and keeps what none does', () => {
    expect(
      fold(
        entry(0, 'restored', { status: 'restored' }),
        entry(0, 'connected'),
        entry(1, 'restored', { status: 'failed', reason: 'credentials_corrupt' }),
        entry(2, 'error', { code: 'LISTENER_FAILED' }),
      ),
    ).toEqual(['restored failed credentials_corrupt - 1', 'error - - LISTENER_FAILED 1'])
  })
})

describe('The history, merged', () => {
  it('holds what was told live and what was loaded, each once', () => {
    const [first, second, third] = [
      entry(0, 'status', { status: 'connecting' }),
      entry(1, 'status', { status: 'pairing' }),
      entry(2, 'status', { status: 'connected' }),
    ]
    expect(mergeHistory([third, second], [second, first])).toEqual([third, second, first])
  })

  it('is in order after a restart of the server, whose first entries are newer than what the page knows', () => {
    const [before, after] = [entry(0, 'status', { status: 'connected' }), entry(9000, 'status', { status: 'connecting', reason: 'restoring' })]
    expect(mergeHistory([before], [after])).toEqual([after, before])
  })
})
