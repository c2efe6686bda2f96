import { describe, expect, it } from 'vitest'
import type { DisconnectCause } from '../../../src/disconnect/disconnect-cause.js'
import { DISCONNECT_DECISIONS, type DisconnectDecision } from '../../../src/disconnect/disconnect-decision.js'
import { afterClose } from '../../../src/session/session-machine.js'
import { circumstances, run } from '../../support/machine-states.js'

const lost: DisconnectDecision = {
  action: 'back-off',
  reason: 'connection_lost',
  stretch: 1,
  limit: Infinity,
  pairingLimit: Infinity,
  exhausted: 'retries_exhausted',
  refreshVersion: false,
}

/** The table of design.md, row by row. */
const expected: Record<DisconnectCause, DisconnectDecision> = {
  restart_required: { action: 'redial', reason: 'restart_required' },
  connection_lost: lost,
  connection_closed: lost,
  server_unavailable: lost,
  transport_failed: lost,
  connect_timeout: lost,
  socket_failed: { ...lost, reason: 'socket_failed', exhausted: 'socket_failed' },
  unknown: lost,
  storage_failed: { ...lost, reason: 'storage_unavailable', exhausted: 'storage_unavailable' },
  registration_closed: { ...lost, exhausted: 'registration_closed' },
  pairing_expired: { action: 'stop', status: 'disconnected', reason: 'pairing_expired', remember: false },
  pairing_rejected: { action: 'stop', status: 'disconnected', reason: 'pairing_refused', remember: false },
  logged_out: { action: 'stop', status: 'logged_out', reason: 'logged_out', remember: true },
  intentional_logout: { action: 'stop', status: 'logged_out', reason: 'logged_out', remember: true },
  connection_replaced: { action: 'retry-once', reason: 'connection_replaced' },
  restricted: { action: 'stop', status: 'failed', reason: 'restricted', remember: true },
  client_outdated: { ...lost, reason: 'client_outdated', exhausted: 'client_outdated', stretch: 10, limit: 4, pairingLimit: 1, refreshVersion: true },
  multi_device_mismatch: { action: 'stop', status: 'failed', reason: 'multi_device_mismatch', remember: false },
  rate_limited: { action: 'cool-down', reason: 'rate_limited' },
}

const causes = Object.keys(expected) as DisconnectCause[]

describe('DISCONNECT_DECISIONS', () => {
  it('has the decision of the design for every cause, and for nothing else', () => {
    expect(DISCONNECT_DECISIONS).toEqual(expected)
    expect(Object.isFrozen(DISCONNECT_DECISIONS)).toBe(true)
  })

  it('no decision knows a way to touch credentials', () => {
    const known = ['redial', 'back-off', 'retry-once', 'cool-down', 'stop']
    for (const decision of Object.values(DISCONNECT_DECISIONS)) expect(known).toContain(decision.action)
  })
})

describe('invariant 2: what follows a loss', () => {
  it.each(causes)('%s writes nothing but the lifecycle record', (cause) => {
    const harmless = new Set(['close', 'load', 'wait', 'release', 'refresh-version', 'remember'])
    for (const paired of [true, false]) {
      const { effects } = afterClose(run({ paired }), cause, null, circumstances())
      expect(effects.filter(({ type }) => !harmless.has(type))).toEqual([])
      expect(effects[0]?.type).toBe('close')
    }
  })
})
