import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { standingOf, StandingNotes } from '../../../src/cluster/standing-notes.js'
import { parseStanding, type Standing } from '../../../src/cluster/standing.js'
import type { SessionError } from '../../../src/errors.js'
import type { SessionSnapshot } from '../../../src/status/session-status.js'
import { type Deferred, deferred } from '../../support/deferred.js'

const SNAPSHOT: SessionSnapshot = {
  sessionId: 's',
  status: 'pairing',
  isConnected: false,
  reason: null,
  message: 'Scan the QR code.',
  qr: 'the-qr',
  pairingCode: 'ABCD1234',
  since: new Date('2026-01-02T03:04:05Z'),
  owner: 'here',
  isLocal: true,
}
const UNMOVED = { offeredTo: null, moves: 0, movedAt: null }

/** A cluster whose answers a test gives, call by call. */
class ScriptedNotes {
  readonly calls: { sessionId: string; fencingToken: number; attempt: number | null; answer: Deferred<void> }[] = []
  readonly errors: SessionError[] = []
  readonly notes: StandingNotes = new StandingNotes({
    cluster: {
      note: (sessionId, fencingToken, text) => {
        const answer = deferred()
        this.calls.push({ sessionId, fencingToken, attempt: parseStanding(text)?.attempt ?? null, answer })
        return answer.promise
      },
    },
    timeoutMs: 1000,
    onError: (error) => {
      this.errors.push(error)
    },
  })

  note(attempt: number, sessionId = 's', fencingToken = 7): void {
    this.notes.note(sessionId, fencingToken, standing(attempt))
  }

  async answer(index: number, error?: Error): Promise<void> {
    const answer = this.calls[index]?.answer
    if (error === undefined) answer?.resolve()
    else answer?.reject(error)
    await vi.advanceTimersByTimeAsync(0)
  }

  get written(): string[] {
    return this.calls.map(({ sessionId, fencingToken, attempt }) => `${sessionId} ${fencingToken}: ${attempt ?? ''}`)
  }
}

function standing(attempt: number): Standing {
  return standingOf({ ...SNAPSHOT, attempt }, UNMOVED)
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('StandingNotes', () => {
  it('writes the first at once, and then only the latest, one call at a time for each session', async () => {
    const made = new ScriptedNotes()
    made.note(1)
    made.note(2)
    made.note(3)
    made.note(1, 'other')
    expect(made.written).toEqual(['s 7: 1', 'other 7: 1'])
    await made.answer(0)
    expect(made.written).toEqual(['s 7: 1', 'other 7: 1', 's 7: 3'])
    await made.answer(1)
    await made.answer(2)
    expect(made.calls).toHaveLength(3)
  })

  it('writes under the lease that the standing came with', async () => {
    const made = new ScriptedNotes()
    made.note(1)
    made.note(2, 's', 8)
    await made.answer(0)
    await made.answer(1)
    expect(made.written).toEqual(['s 7: 1', 's 8: 2'])
  })

  it('tells of an outage once, and tries again with the next change', async () => {
    const made = new ScriptedNotes()
    made.note(1)
    made.note(1, 'other')
    await made.answer(0, new Error('the engine is down'))
    await made.answer(1, new Error('the engine is down'))
    expect(made.errors).toMatchObject([{ code: 'STORE_UNAVAILABLE', sessionId: 's' }])
    expect(made.calls).toHaveLength(2)
    made.note(2)
    await made.answer(2)
    expect(made.written).toEqual(['s 7: 1', 'other 7: 1', 's 7: 2'])
    made.note(3)
    await made.answer(3, new Error('again'))
    expect(made.errors).toHaveLength(2)
  })

  it('goes on to what changed while a call failed', async () => {
    const made = new ScriptedNotes()
    made.note(1)
    made.note(2)
    await made.answer(0, new Error('the engine is down'))
    expect(made.written).toEqual(['s 7: 1', 's 7: 2'])
    await made.answer(1)
  })

  it('writes what failed when it is told to try again, and nothing else', async () => {
    const made = new ScriptedNotes()
    made.note(1)
    made.note(1, 'other')
    await made.answer(0, new Error('the engine is down'))
    await made.answer(1)
    made.notes.retry()
    made.notes.retry()
    expect(made.written).toEqual(['s 7: 1', 'other 7: 1', 's 7: 1'])
    await made.answer(2)
    made.notes.retry()
    expect(made.calls).toHaveLength(3)
  })

  it('misses no change that comes just when the last one was written', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const made = new ScriptedNotes()
      made.note(1)
      made.calls[0]?.answer.resolve()
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      made.note(2)
      await vi.advanceTimersByTimeAsync(0)
      expect(made.written, `after ${turns} turns`).toEqual(['s 7: 1', 's 7: 2'])
      await made.answer(1)
    }
  })

  it('gives up a call that is not answered', async () => {
    const made = new ScriptedNotes()
    made.note(1)
    made.note(2)
    await vi.advanceTimersByTimeAsync(1000)
    expect(made.errors).toMatchObject([{ code: 'STORE_TIMEOUT', sessionId: 's' }])
    expect(made.written).toEqual(['s 7: 1', 's 7: 2'])
    await made.answer(1)
  })

  it('is settled when nothing is being written, and says whether all was', async () => {
    const made = new ScriptedNotes()
    expect(await made.notes.settled('s')).toBe(true)
    made.note(1)
    made.note(2)
    const settled = vi.fn<(isWritten: boolean) => void>()
    void made.notes.settled('s').then(settled)
    await made.answer(0)
    expect(settled).not.toHaveBeenCalled()
    await made.answer(1)
    expect(settled).toHaveBeenCalledWith(true)
    made.note(3)
    await made.answer(2, new Error('the engine is down'))
    expect(await made.notes.settled('s')).toBe(false)
  })
})

describe('standingOf', () => {
  it('tells all that a snapshot knows, and none of its secrets', () => {
    const lastDisconnect = { code: 428, cause: 'connection_closed', message: 'Connection Closed', at: new Date(1) } as const
    const known = { phoneNumber: '49151000001', attempt: 2, nextRetryAt: new Date(2), restrictedUntil: new Date(3), lastDisconnect }
    const moved = { offeredTo: 'other', moves: 1, movedAt: new Date(4) }
    expect(standingOf({ ...SNAPSHOT, ...known }, moved)).toEqual({ status: 'pairing', reason: null, since: SNAPSHOT.since, ...known, ...moved })
  })

  it('is empty where nothing is known', () => {
    const nothing = { phoneNumber: null, lastDisconnect: null, nextRetryAt: null, restrictedUntil: null, attempt: null }
    expect(standingOf(SNAPSHOT, UNMOVED)).toEqual({ status: 'pairing', reason: null, since: SNAPSHOT.since, ...nothing, ...UNMOVED })
  })
})
