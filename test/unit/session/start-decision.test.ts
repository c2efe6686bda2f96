import { describe, expect, it } from 'vitest'
import { freshLifecycle, type Lifecycle } from '../../../src/auth/lifecycle-record.js'
import type { StoredSession } from '../../../src/auth/stored-session.js'
import { SessionError } from '../../../src/errors.js'
import type { StoredOrMissing } from '../../../src/session/missing-credentials.js'
import { decideStart, type StartDecision, type StartRequest } from '../../../src/session/start-decision.js'
import { NOW } from '../../support/machine-states.js'

const error = new SessionError('STORE_UNAVAILABLE', 'down')
const soon = new Date(NOW.getTime() + 1)

const identity = 'identity'
const paired = { kind: 'paired', phoneNumber: '49151000001', identity } as const
const readable = (creds: Extract<StoredSession, { kind: 'readable' }>['creds'], changes: Partial<Lifecycle> = {}): StoredSession => ({
  kind: 'readable',
  creds,
  text: '{}',
  isBackup: false,
  lifecycle: { ...freshLifecycle(identity), ...changes },
})
const limited = (kind: 'restricted' | 'rate_limited', until: Date | null): StoredSession => readable(paired, { verdict: { kind, until } })

const dial: StartDecision = { action: 'dial' }
const pair: StartDecision = { action: 'pair' }
const rest = (
  status: 'disconnected' | 'logged_out' | 'failed',
  reason: Extract<StartDecision, { action: 'rest' }>['reason'],
  until: Date | null = null,
): StartDecision => ({ action: 'rest', status, reason, until })

/** What each way of asking comes to: restore, restore by force, connect, unlink. */
const rows: [name: string, stored: StoredOrMissing, restore: StartDecision, forced: StartDecision, connect: StartDecision, unlink: StartDecision][] = [
  [
    'nothing',
    { kind: 'absent', lifecycle: freshLifecycle(null), isPairingBegun: false },
    rest('disconnected', 'never_paired'),
    rest('disconnected', 'never_paired'),
    pair,
    rest('disconnected', 'never_paired'),
  ],
  [
    'nothing, of a session that was paired',
    { kind: 'missing', lifecycle: freshLifecycle(null), error },
    rest('failed', 'credentials_missing'),
    rest('failed', 'credentials_missing'),
    pair,
    rest('failed', 'credentials_missing'),
  ],
  ['a store that cannot be asked', { kind: 'unavailable', error }, { action: 'probe' }, { action: 'probe' }, { action: 'probe' }, { action: 'probe' }],
  ['corrupt credentials', { kind: 'corrupt', error }, ...four(rest('failed', 'credentials_corrupt'))],
  ['credentials under another key', { kind: 'wrong-key', error }, ...four(rest('failed', 'wrong_key'))],
  ['a whatsapp-web.js folder', { kind: 'legacy', error }, ...four(rest('failed', 'legacy_session'))],
  [
    'an identity that was never paired',
    readable({ kind: 'unpaired', identity }),
    rest('disconnected', 'never_paired'),
    rest('disconnected', 'never_paired'),
    pair,
    rest('disconnected', 'never_paired'),
  ],
  [
    'a pairing that was not finished',
    readable({ kind: 'half_paired', identity }),
    rest('disconnected', 'pairing_incomplete'),
    rest('disconnected', 'pairing_incomplete'),
    pair,
    rest('disconnected', 'pairing_incomplete'),
  ],
  ['a paired session', readable(paired), ...four(dial)],
  ['a stopped one', readable(paired, { desired: 'stopped' }), rest('disconnected', 'stopped'), rest('disconnected', 'stopped'), dial, dial],
  ['a logged out one', readable(paired, { loggedOutAt: NOW }), rest('logged_out', 'logged_out'), dial, pair, dial],
  [
    'one logged out, then stopped',
    readable(paired, { loggedOutAt: NOW, desired: 'stopped' }),
    rest('logged_out', 'logged_out'),
    rest('disconnected', 'stopped'),
    pair,
    dial,
  ],
  ['a restricted one', limited('restricted', soon), rest('failed', 'restricted', soon), dial, dial, dial],
  ['one restricted for an unknown time', limited('restricted', null), rest('failed', 'restricted', null), dial, dial, dial],
  ['one that was restricted until now', limited('restricted', NOW), ...four(dial)],
  ['a rate limited one', limited('rate_limited', soon), { action: 'cool-down', until: soon }, dial, { action: 'cool-down', until: soon }, dial],
  ['one that was rate limited until now', limited('rate_limited', NOW), ...four(dial)],
  ['one rate limited without a date', limited('rate_limited', null), ...four(dial)],
]

function four(decision: StartDecision): [StartDecision, StartDecision, StartDecision, StartDecision] {
  return [decision, decision, decision, decision]
}

describe('decideStart', () => {
  it.each(rows)('%s', (_name, stored, ...decisions) => {
    const requests: StartRequest[] = [
      { purpose: 'restore', force: false },
      { purpose: 'restore', force: true },
      { purpose: 'connect', force: false },
      { purpose: 'unlink', force: true },
    ]
    expect(requests.map((request) => decideStart(stored, request, NOW))).toEqual(decisions)
  })

  it('cools down for no longer than asked, should the clock have been ahead when the limit was noted', () => {
    const tomorrow = new Date(NOW.getTime() + 86_400_000)
    const request: StartRequest = { purpose: 'restore', force: false }
    expect(decideStart(limited('rate_limited', tomorrow), request, NOW, 300_000)).toEqual({ action: 'cool-down', until: new Date(NOW.getTime() + 300_000) })
    expect(decideStart(limited('restricted', tomorrow), request, NOW, 300_000)).toEqual(rest('failed', 'restricted', tomorrow))
  })

  it('invariant 3: a pairing begins only where nothing usable is stored, and only by connect', () => {
    for (const [name, stored, ...decisions] of rows) {
      const [restore, forced, connect, unlink] = decisions
      expect([restore.action, forced.action, unlink.action], name).not.toContain('pair')
      const isNothing = stored.kind === 'absent' || stored.kind === 'missing'
      const unusable = isNothing || (stored.kind === 'readable' && (stored.creds.kind !== 'paired' || stored.lifecycle.loggedOutAt !== null))
      expect(connect.action === 'pair', name).toBe(unusable)
    }
  })
})
