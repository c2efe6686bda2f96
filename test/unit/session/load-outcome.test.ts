import { describe, expect, it } from 'vitest'
import { SessionError, type SessionErrorCode } from '../../../src/errors.js'
import type { SessionEvent } from '../../../src/session/session-state.js'
import { eventOf, type LoadOutcome } from '../../../src/session/load-outcome.js'

const failed = (code: SessionErrorCode, knownUnpaired = false): LoadOutcome => ({ kind: 'failed', error: new SessionError(code, 'it failed'), knownUnpaired })
const rest = (
  status: 'failed' | 'disconnected',
  reason: 'credentials_corrupt' | 'credentials_missing' | 'wrong_key' | 'legacy_session' | 'storage_unavailable' | null,
): SessionEvent => ({ type: 'loaded', decision: { action: 'rest', status, reason, until: null } })
const probing: SessionEvent = { type: 'store-failed' }

const rows: [name: string, outcome: LoadOutcome, event: SessionEvent][] = [
  ['owned elsewhere', { kind: 'owned-elsewhere' }, { type: 'owned-elsewhere' }],
  ['a store that failed', failed('STORE_UNAVAILABLE'), probing],
  ['a store that hung', failed('STORE_TIMEOUT'), probing],
  ['a lease that was lost', failed('STALE_WRITER'), probing],
  ['a store that failed before a pairing', failed('STORE_UNAVAILABLE', true), rest('disconnected', 'storage_unavailable')],
  ['a lease that ran out', failed('LEASE_EXPIRED'), { type: 'store-failed' }],
  ['a corrupt record', failed('RECORD_CORRUPT'), rest('failed', 'credentials_corrupt')],
  ['a wrong key', failed('WRONG_KEY'), rest('failed', 'wrong_key')],
  ['a folder of whatsapp-web.js', failed('LEGACY_SESSION'), rest('failed', 'legacy_session')],
  ['no Baileys', failed('BAILEYS_UNSUPPORTED'), rest('failed', null)],
  ['an id that the store refuses', failed('INVALID_SESSION_ID'), rest('failed', null)],
]

describe('the event of a load', () => {
  it.each(rows)('%s', (_name, outcome, event) => {
    expect(eventOf(outcome)).toEqual(event)
  })

  it('passes decisions on', () => {
    const decision = { action: 'cool-down', until: new Date() } as const
    expect(eventOf({ kind: 'rest', decision, stored: { kind: 'unavailable', error: new SessionError('STORE_TIMEOUT', 'late') }, error: null })).toEqual({
      type: 'loaded',
      decision,
    })
  })
})
