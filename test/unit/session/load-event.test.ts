import { describe, expect, it, vi } from 'vitest'
import { SessionError, type SessionErrorCode } from '../../../src/errors.js'
import { readLoadOutcome } from '../../../src/session/load-event.js'
import type { LoadOutcome } from '../../../src/session/session-loader.js'
import type { SessionEvent } from '../../../src/session/session-state.js'
import { circumstances } from '../../support/machine-states.js'

const failed = (code: SessionErrorCode, knownUnpaired = false): LoadOutcome => ({ kind: 'failed', error: new SessionError(code, 'it failed'), knownUnpaired })
const rest = (status: 'failed' | 'disconnected', reason: 'credentials_corrupt' | 'wrong_key' | 'legacy_session' | 'storage_unavailable' | null): SessionEvent =>
  ({ type: 'loaded', verdict: { action: 'rest', status, reason, until: null } })
const probing: SessionEvent = { type: 'store-failed', circumstances: circumstances() }

const rows: [name: string, outcome: LoadOutcome, event: SessionEvent][] = [
  ['owned elsewhere', { kind: 'owned-elsewhere' }, { type: 'owned-elsewhere' }],
  ['a store that failed', failed('STORE_UNAVAILABLE'), probing],
  ['a store that hung', failed('STORE_TIMEOUT'), probing],
  ['a lease that was lost', failed('STALE_WRITER'), probing],
  ['a store that failed before a pairing', failed('STORE_UNAVAILABLE', true), rest('disconnected', 'storage_unavailable')],
  ['a corrupt record', failed('RECORD_CORRUPT'), rest('failed', 'credentials_corrupt')],
  ['a wrong key', failed('WRONG_KEY'), rest('failed', 'wrong_key')],
  ['a folder of whatsapp-web.js', failed('LEGACY_SESSION'), rest('failed', 'legacy_session')],
  ['no Baileys', failed('BAILEYS_UNSUPPORTED'), rest('failed', null)],
  ['an id that the store refuses', failed('INVALID_SESSION_ID'), rest('failed', null)],
]

describe('readLoadOutcome', () => {
  it.each(rows)('%s', (_name, outcome, event) => {
    expect(readLoadOutcome(outcome, circumstances)).toEqual(event)
  })

  it('passes verdicts on', () => {
    const verdict = { action: 'cool-down', until: new Date() } as const
    expect(readLoadOutcome({ kind: 'rest', verdict, stored: { kind: 'unavailable', error: new SessionError('STORE_TIMEOUT', 'late') }, error: null }, circumstances)).toEqual({ type: 'loaded', verdict })
  })

  it('asks the policies only when there is something to wait for', () => {
    const ask = vi.fn(circumstances)
    for (const [, outcome] of rows) readLoadOutcome(outcome, ask)
    expect(ask).toHaveBeenCalledTimes(3)
  })
})
