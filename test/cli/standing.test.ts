import { describe, expect, it } from 'vitest'
import { freshLifecycle, type Lifecycle } from '../../src/auth/lifecycle-record.js'
import type { StoredSession } from '../../src/auth/stored-session.js'
import { isLinked, judgeStanding, type Standing, type StandingFacts, waitsForPerson } from '../../src/cli/status/standing.js'
import { SessionError } from '../../src/index.js'

const NOW = new Date('2026-03-01T12:00:00Z')
const LATER = new Date('2026-03-01T13:00:00Z')
const EARLIER = new Date('2026-03-01T11:00:00Z')
const error = new SessionError('RECORD_CORRUPT', 'It is broken.', { sessionId: 'acme' })

function judge(session: StoredSession, facts: Partial<StandingFacts> = {}): Standing {
  return judgeStanding({ sessionId: 'acme', stored: session, hasKeys: true, holding: null, record: null, ...facts }, NOW)
}

function stored(kind: 'paired' | 'half_paired' | 'unpaired', lifecycle: Partial<Lifecycle> = {}): StoredSession {
  const creds = kind === 'paired' ? ({ kind, phoneNumber: '4915112345678', identity: 'a' } as const) : ({ kind, identity: 'a' } as const)
  return { kind: 'readable', creds, text: '', isBackup: false, lifecycle: { ...freshLifecycle('a'), ...lifecycle } }
}

const restricted = (until: Date | null): Partial<Lifecycle> => ({ verdict: { kind: 'restricted', until } })
const limited = (until: Date | null): Partial<Lifecycle> => ({ verdict: { kind: 'rate_limited', until } })

describe('how a session stands', () => {
  it.each<[StoredSession, Pick<Standing, 'state' | 'until'>, linked: boolean, waits: boolean]>([
    [stored('paired'), { state: 'linked', until: null }, true, false],
    [stored('paired', { desired: 'stopped' }), { state: 'stopped', until: null }, true, false],
    [stored('paired', { loggedOutAt: EARLIER }), { state: 'logged_out', until: null }, false, true],
    [stored('paired', restricted(LATER)), { state: 'restricted', until: LATER }, true, true],
    [stored('paired', restricted(null)), { state: 'restricted', until: null }, true, true],
    [stored('paired', restricted(EARLIER)), { state: 'linked', until: null }, true, false],
    [stored('paired', limited(LATER)), { state: 'rate_limited', until: LATER }, true, false],
    [stored('paired', limited(NOW)), { state: 'linked', until: null }, true, false],
    // Whoever stopped it should still see how long the account is restricted.
    [stored('paired', { desired: 'stopped', ...restricted(LATER) }), { state: 'stopped', until: LATER }, true, false],
    [stored('paired', { loggedOutAt: EARLIER, ...restricted(LATER) }), { state: 'logged_out', until: null }, false, true],
    [stored('half_paired'), { state: 'half_paired', until: null }, false, true],
    [stored('unpaired'), { state: 'never_paired', until: null }, false, false],
    [{ kind: 'absent', lifecycle: freshLifecycle(null), isPairingBegun: false }, { state: 'never_paired', until: null }, false, false],
    [{ kind: 'corrupt', error }, { state: 'corrupt', until: null }, false, true],
    [{ kind: 'wrong-key', error }, { state: 'locked', until: null }, false, true],
    [{ kind: 'legacy', error }, { state: 'legacy', until: null }, false, true],
    [{ kind: 'unavailable', error }, { state: 'unavailable', until: null }, false, true],
  ])('%j', (session, expected, linked, waits) => {
    const standing = judge(session)
    expect(standing).toMatchObject(expected)
    expect([isLinked(standing), waitsForPerson(standing)]).toEqual([linked, waits])
    expect(standing.problem).toBe('error' in session ? 'It is broken.' : null)
    expect(standing.phoneNumber).toBe(session.kind === 'readable' && session.creds.kind === 'paired' ? '4915112345678' : null)
  })

  it('is "locked" when its credentials are encrypted and nobody gave a key', () => {
    expect(judge({ kind: 'wrong-key', error }, { hasKeys: false })).toMatchObject({ state: 'locked', problem: expect.stringContaining('--key-file') })
  })

  it('has its owner, whatever is stored', () => {
    const holding = { owner: 'web-1:4711:6c3f0a1', address: null, standing: null }
    expect(judge(stored('unpaired'), { holding })).toMatchObject({ state: 'never_paired', holding })
  })
})
