import { describe, expect, it } from 'vitest'
import { encodeStanding, parseStanding, type Standing } from '../../../src/cluster/standing.js'
import { DISCONNECT_DECISIONS } from '../../../src/disconnect/disconnect-decision.js'
import { ALL_STATUS_REASONS } from '../../../src/status/status-reasons.js'

const standing: Standing = {
  status: 'reconnecting',
  reason: 'connection_lost',
  phoneNumber: '15550001111',
  since: new Date('2026-01-02T03:04:05.678Z'),
  lastDisconnect: { code: 428, cause: 'connection_closed', message: 'Connection Terminated', at: new Date('2026-01-02T03:04:05.600Z') },
  nextRetryAt: new Date('2026-01-02T03:04:09.000Z'),
  restrictedUntil: new Date('2026-01-03T00:00:00.000Z'),
  attempt: 3,
  offeredTo: 'member-2',
  moves: 1,
  movedAt: new Date('2026-01-02T03:00:00.000Z'),
}

const empty: Standing = {
  status: 'connected',
  reason: null,
  phoneNumber: null,
  since: new Date(0),
  lastDisconnect: null,
  nextRetryAt: null,
  restrictedUntil: null,
  attempt: null,
  offeredTo: null,
  moves: 0,
  movedAt: null,
}

/** A standing as a process of another version wrote it. */
const written = (changes: Record<string, unknown>): Standing | null => parseStanding(JSON.stringify({ ...standing, ...changes }))

describe('the standing of a session', () => {
  it('is read as it was written', () => {
    expect(parseStanding(encodeStanding(standing))).toEqual(standing)
    expect(parseStanding(encodeStanding(empty))).toEqual(empty)
  })

  it.each(['disconnected', 'connecting', 'pairing', 'connected', 'reconnecting', 'logged_out', 'failed'] as const)('knows the status %s', (status) => {
    expect(written({ status })?.status).toBe(status)
  })

  it('knows every reason and every cause', () => {
    for (const reason of ALL_STATUS_REASONS) expect(written({ reason })?.reason).toBe(reason)
    for (const cause of Object.keys(DISCONNECT_DECISIONS)) {
      expect(written({ lastDisconnect: { ...standing.lastDisconnect, cause } })?.lastDisconnect?.cause).toBe(cause)
    }
  })

  it.each(['', 'null', '7', '"connected"', '[]', '{"status":"connected"', '{}'])('is null when the text is damaged: %j', (text) => {
    expect(parseStanding(text)).toBeNull()
  })

  it.each(['hibernating', 'toString', '__proto__', 7, null, ['connected']])('is null when the status is unknown here: %j', (status) => {
    expect(written({ status })).toBeNull()
  })

  it.each(['moon_phase', 'toString', '__proto__', 7])('keeps the status when the reason is unknown here: %j', (reason) => {
    expect(written({ reason })).toEqual({ ...standing, reason: null })
  })

  it('ignores what it does not know, and leaves empty what is missing', () => {
    expect(written({ mood: 'good' })).toEqual(standing)
    expect(parseStanding('{"status":"connected"}')).toEqual(empty)
  })

  it('leaves empty what has the wrong type', () => {
    const wrong = Object.fromEntries(Object.keys(standing).map((field) => [field, {}]))
    expect(parseStanding(JSON.stringify({ ...wrong, status: 'connected' }))).toEqual(empty)
    expect(written({ since: 'yesterday', moves: -1, attempt: 1.5, movedAt: 7 })).toEqual({
      ...standing,
      since: new Date(0),
      moves: 0,
      attempt: null,
      movedAt: null,
    })
  })

  it('keeps of a loss what it understands, and nothing that has no time', () => {
    expect(written({ lastDisconnect: { at: '2026-01-02T03:04:05.600Z', cause: 'solar_flare', code: '428' } })?.lastDisconnect).toEqual({
      code: null,
      cause: 'unknown',
      message: '',
      at: new Date('2026-01-02T03:04:05.600Z'),
    })
    expect(written({ lastDisconnect: { ...standing.lastDisconnect, at: 'then' } })?.lastDisconnect).toBeNull()
  })

  it('tells no secret that the object has beside its own fields', () => {
    const loss = { code: 428, cause: 'connection_closed', message: '', at: new Date(0), error: 'secret-1' } as const
    const more = { ...standing, lastDisconnect: loss, qr: 'secret-2', pairingCode: 'secret-3', metadata: { note: 'secret-4' } }
    expect(encodeStanding(more)).not.toContain('secret')
  })
})
