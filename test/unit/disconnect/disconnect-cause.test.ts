import { describe, expect, it } from 'vitest'
import { type ConnectionLoss, type DisconnectCause, readDisconnectCause, readRestrictedUntil } from '../../../src/disconnect/disconnect-cause.js'

const at = new Date('2026-01-02T03:04:05Z')
const loss = (code: number | null, message = 'Connection Failure', attributes: Record<string, string> = {}): ConnectionLoss => ({
  code,
  message,
  attributes,
  at,
})

/** The messages are those of Baileys 7.0.0-rc14. */
const rows: [code: number | null, message: string, whenPaired: DisconnectCause, whenUnpaired: DisconnectCause][] = [
  [null, 'The connection was closed.', 'connection_closed', 'connection_closed'],
  [400, 'Connection Failure', 'unknown', 'unknown'],
  [401, 'Stream Errored (conflict)', 'logged_out', 'pairing_rejected'],
  [401, 'Connection Failure', 'logged_out', 'pairing_rejected'],
  [401, 'Intentional Logout', 'intentional_logout', 'intentional_logout'],
  [402, 'Connection Failure', 'restricted', 'restricted'],
  [403, 'Connection Failure', 'restricted', 'restricted'],
  [405, 'Connection Failure', 'client_outdated', 'client_outdated'],
  [406, 'Connection Failure', 'restricted', 'restricted'],
  [408, 'Connection was lost', 'connection_lost', 'connection_lost'],
  [408, 'Timed Out', 'connection_lost', 'connection_lost'],
  [408, 'WebSocket Error (connect ECONNREFUSED 127.0.0.1:1)', 'transport_failed', 'transport_failed'],
  [408, 'WebSocket Error ()', 'transport_failed', 'transport_failed'],
  [500, 'Invalid account signature', 'server_unavailable', 'pairing_rejected'],
  [500, 'Failed to verify account signature', 'server_unavailable', 'pairing_rejected'],
  [500, 'Missing device-identity or device in pair success node', 'server_unavailable', 'pairing_rejected'],
  [408, 'QR refs attempts ended', 'restart_required', 'pairing_expired'],
  [409, 'Connection Failure', 'unknown', 'unknown'],
  [411, 'Multi-device beta not joined', 'multi_device_mismatch', 'multi_device_mismatch'],
  [419, 'Connection Failure', 'unknown', 'unknown'],
  [428, 'Connection Terminated', 'connection_closed', 'connection_closed'],
  [428, 'Connection Terminated by Server', 'connection_closed', 'connection_closed'],
  [429, 'Connection Failure', 'rate_limited', 'rate_limited'],
  [440, 'Stream Errored (conflict)', 'connection_replaced', 'connection_replaced'],
  [500, 'Stream Errored (unknown)', 'server_unavailable', 'server_unavailable'],
  [500, 'WebSocket Error (getaddrinfo ENOTFOUND)', 'transport_failed', 'transport_failed'],
  [503, 'Stream Errored (unknown)', 'server_unavailable', 'server_unavailable'],
  [515, 'Stream Errored (restart required)', 'restart_required', 'restart_required'],
  [516, 'Stream Errored (unknown)', 'unknown', 'unknown'],
  [0, '', 'unknown', 'unknown'],
  [599, 'anything', 'unknown', 'unknown'],
]

describe('readDisconnectCause', () => {
  it.each(rows)('%s "%s": paired %s, unpaired %s', (code, message, whenPaired, whenUnpaired) => {
    expect(readDisconnectCause(loss(code, message), { paired: true })).toBe(whenPaired)
    expect(readDisconnectCause(loss(code, message), { paired: false })).toBe(whenUnpaired)
  })
})

describe('readRestrictedUntil', () => {
  it.each<[expire: string | undefined, seconds: number | null]>([
    ['3600', 3600],
    ['1', 1],
    ['0.5', 0.5],
    ['0', null],
    ['-5', null],
    ['', null],
    ['soon', null],
    ['Infinity', null],
    [undefined, null],
  ])('expire %s: %s seconds from the loss on', (expire, seconds) => {
    const attributes = expire === undefined ? {} : { expire }
    expect(readRestrictedUntil(loss(403, 'x', attributes))).toEqual(seconds === null ? null : new Date(at.getTime() + seconds * 1000))
  })

  it('gives no date that is none', () => {
    const until = readRestrictedUntil(loss(403, 'x', { expire: '1e300' }))
    expect(until === null || !Number.isNaN(until.getTime())).toBe(true)
  })
})

describe('what is known of a pairing beside code and message', () => {
  it.each([
    [428, 'Connection Terminated', { takenWithoutQr: true }, 'registration_closed'],
    [null, 'The connection was closed.', { takenWithoutQr: true }, 'registration_closed'],
    [405, 'Connection Failure', { takenWithoutQr: true }, 'client_outdated'],
    [503, 'Stream Errored (unknown)', { takenWithoutQr: true }, 'server_unavailable'],
    [428, 'Connection Terminated', { scanRefused: true }, 'connection_closed'],
    [408, 'QR refs attempts ended', { scanRefused: true }, 'pairing_rejected'],
  ] as const)('%s "%s" with %j is %s', (code, message, known, cause) => {
    expect(readDisconnectCause(loss(code, message), { paired: false, ...known })).toBe(cause)
  })

  it('a phone that had scanned makes no difference once it is linked', () => {
    expect(readDisconnectCause(loss(408, 'QR refs attempts ended'), { paired: true, scanRefused: true })).toBe('restart_required')
  })
})
