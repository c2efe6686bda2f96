import { describe, expect, it } from 'vitest'
import { allCameBack, resultCells } from '../../examples/demo/result-rows.js'
import type { SessionEnding } from '../../examples/demo/scene.js'

const BACK: SessionEnding = { sessionId: 'a', before: 'connected', page: 'connecting', after: 'connected', tookMs: 84, needsQr: false }
const LOST: SessionEnding = { ...BACK, sessionId: 'b', after: 'pairing', tookMs: null, needsQr: true }

describe('the result of the demo', () => {
  it('tells how long a session took', () => {
    expect(resultCells(BACK)).toEqual(['connected', 'connected', '0.08 s', 'no'])
  })

  it('tells that a session needs a QR code', () => {
    expect(resultCells(LOST)).toEqual(['connected', 'pairing', '-', 'yes'])
  })

  it('is good only when every session is connected again', () => {
    expect(allCameBack({ kills: 1, sessions: [BACK, BACK] })).toBe(true)
    expect(allCameBack({ kills: 1, sessions: [BACK, LOST] })).toBe(false)
    expect(allCameBack({ kills: 1, sessions: [{ ...BACK, after: 'reconnecting', tookMs: null }] })).toBe(false)
  })
})
