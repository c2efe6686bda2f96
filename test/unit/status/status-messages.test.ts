import { describe, expect, it } from 'vitest'
import {
  ALL_STATUS_REASONS as REASONS,
  DEFAULT_STATUS_MESSAGES,
  describeStatus,
  type MessageKey,
  type SessionStatus,
  type StatusReason,
} from '../../../src/status/status-reasons.js'

// Fails to compile when a status is added and not listed.
const STATUSES = Object.keys({
  disconnected: 0,
  connecting: 0,
  pairing: 0,
  connected: 0,
  reconnecting: 0,
  logged_out: 0,
  failed: 0,
} satisfies Record<SessionStatus, 0>) as SessionStatus[]

describe('status messages', () => {
  it('has one sentence for each status and reason, and for nothing else', () => {
    expect(Object.keys(DEFAULT_STATUS_MESSAGES).sort()).toEqual([...new Set<MessageKey>([...STATUSES, ...REASONS])].sort())
    for (const sentence of Object.values(DEFAULT_STATUS_MESSAGES)) expect(sentence).toMatch(/^[A-Z].*\.$/)
  })

  it('says the sentence of the api while restoring', () => {
    expect(describeStatus('connecting', 'restoring', {})).toBe('Restoring connection from saved session...')
  })

  it('the reason speaks, or else the status', () => {
    expect(describeStatus('failed', 'restricted', {})).toBe(DEFAULT_STATUS_MESSAGES.restricted)
    for (const status of STATUSES) expect(describeStatus(status, null, {})).toBe(DEFAULT_STATUS_MESSAGES[status])
  })

  it.each(['disconnected', 'failed'] as const)('nothing is said to be tried again where the session is %s', (status) => {
    const promises = /trying again|reconnecting|next attempt/i
    expect(REASONS.filter((reason) => reason !== 'connection_lost' && promises.test(describeStatus(status, reason, {})))).toEqual([])
    expect(describeStatus('reconnecting', 'storage_unavailable', {})).toMatch(promises)
    expect(describeStatus('reconnecting', 'rate_limited', {})).toMatch(promises)
    expect(describeStatus(status, 'storage_unavailable', { storage_unavailable: 'Reworded.' })).toBe('Reworded.')
  })

  it('before the start has connected nothing is said to be lost or reconnecting', () => {
    expect(describeStatus('reconnecting', 'connection_lost', {}, { wasConnected: false })).toBe('Could not connect. Trying again...')
    expect(describeStatus('reconnecting', 'connection_lost', {}, { wasConnected: true })).toBe('Connection lost. Reconnecting...')
    expect(describeStatus('reconnecting', 'connection_lost', { connection_lost: 'Reworded.' }, { wasConnected: false })).toBe('Reworded.')
  })

  it.each(['from_a_later_version', 'constructor', '__proto__'])('a reason or a status that nobody knows here has a plain sentence (%s)', (unknown) => {
    for (const status of STATUSES) expect(describeStatus(status, unknown as StatusReason, {})).toBe(DEFAULT_STATUS_MESSAGES[status])
    expect(describeStatus('failed', unknown as StatusReason, { failed: 'Reworded.' })).toBe('Reworded.')
    expect(describeStatus(unknown as SessionStatus, null, {})).toBe(`This version of the library does not know the status "${unknown}".`)
    expect(describeStatus(unknown as SessionStatus, 'logged_out', {})).toBe(DEFAULT_STATUS_MESSAGES.logged_out)
  })

  it('connected and pairing speak for themselves', () => {
    expect(describeStatus('connected', 'restoring', {})).toBe('Connected.')
    expect(describeStatus('pairing', 'starting', {})).toBe(DEFAULT_STATUS_MESSAGES.pairing)
    expect(describeStatus('connected', 'owned_elsewhere', {})).toBe('Connected.')
  })

  it('a passkey that is asked for has its own sentence beside pairing', () => {
    expect(describeStatus('pairing', 'passkey_required', {})).toBe(DEFAULT_STATUS_MESSAGES.passkey_required)
    expect(describeStatus('pairing', 'passkey_required', { passkey_required: 'Reworded.' })).toBe('Reworded.')
  })

  it('names the version, the browser, the number and the time, in sentences of the application, too', () => {
    const facts = { version: '2.3000.1', browser: 'Chrome (Mac OS)', number: '5511912345678', until: new Date('2026-01-02T03:04:05Z') }
    expect(describeStatus('disconnected', 'client_outdated', {}, facts)).toContain('version 2.3000.1 of')
    expect(describeStatus('disconnected', 'pairing_refused', {}, facts)).toContain('version 2.3000.1 as Chrome (Mac OS)')
    const messages = { restricted: '{number} até {until}, {version} {browser} {other}' }
    expect(describeStatus('failed', 'restricted', messages, facts)).toBe('5511912345678 até 2026-01-02 03:04 UTC, 2.3000.1 Chrome (Mac OS) {other}')
    expect(describeStatus('failed', 'restricted', messages)).toBe('unknown até unknown, unknown unknown {other}')
  })

  it.each([...STATUSES, ...REASONS])('"%s" can be reworded, alone', (key) => {
    const messages = { [key]: 'Reworded.' }
    const all = [...STATUSES.map((status) => describeStatus(status, null, messages)), ...REASONS.map((reason) => describeStatus('failed', reason, messages))]
    expect(all.filter((sentence) => sentence === 'Reworded.')).toHaveLength(key === 'logged_out' ? 2 : 1)
  })
})
