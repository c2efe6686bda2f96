import { describe, expect, it } from 'vitest'
import type { SessionState } from '../../../src/session/session-state.js'
import { statusOf, viewSession, type SessionFacts } from '../../../src/session/session-view.js'
import { NOW, run, stateIn } from '../../support/machine-states.js'

const nothing: SessionFacts = {
  sessionId: 's', since: NOW, owner: null, qr: undefined, pairingCode: undefined, pairingPhoneNumber: undefined, pairingExpiresAt: undefined, phoneNumber: undefined, lastDisconnect: undefined, metadata: undefined,
  client: {},
}
const everything: SessionFacts = {
  ...nothing, owner: 'host:1:abc', qr: 'the-qr', pairingCode: 'CODE1234', pairingPhoneNumber: '49151000001', pairingExpiresAt: NOW, phoneNumber: '49151000001',
  lastDisconnect: { code: 428, cause: 'connection_closed', message: 'gone', at: NOW }, metadata: { shop: 1 },
}

describe('statusOf', () => {
  it.each<[state: SessionState, status: string, reason: string | null]>([
    [stateIn('idle'), 'disconnected', 'stopped'],
    [{ phase: 'idle', status: 'failed', reason: 'restricted', until: NOW, tried: true }, 'failed', 'restricted'],
    [stateIn('standby'), 'disconnected', 'owned_elsewhere'],
    [stateIn('loading'), 'connecting', 'restoring'],
    [{ phase: 'loading', run: run(), reason: 'storage_unavailable' }, 'reconnecting', 'storage_unavailable'],
    [stateIn('dialing'), 'connecting', 'restoring'],
    [stateIn('pairing'), 'pairing', null],
    [{ phase: 'pairing', run: run({ paired: false }), reason: 'passkey_required' }, 'pairing', 'passkey_required'],
    [stateIn('settling'), 'connecting', 'restoring'],
    [stateIn('connected'), 'connected', null],
    [stateIn('waiting'), 'reconnecting', 'connection_lost'],
  ])('%j', (state, status, reason) => {
    expect(statusOf(state)).toEqual({ status, reason })
  })
})

describe('viewSession', () => {
  it('leaves out what is not known', () => {
    expect(viewSession(stateIn('loading'), nothing, {})).toEqual({
      sessionId: 's', status: 'connecting', isConnected: false, reason: 'restoring', message: 'Restoring connection from saved session...', since: NOW, owner: null, isLocal: true,
    })
  })

  it('shows QR code and pairing code while pairing, and at no other time', () => {
    expect(viewSession(stateIn('pairing'), everything, {})).toMatchObject({ qr: 'the-qr', pairingCode: 'CODE1234', pairingPhoneNumber: '49151000001', pairingExpiresAt: NOW })
    for (const phase of ['idle', 'standby', 'loading', 'dialing', 'settling', 'connected', 'waiting'] as const) {
      const view = viewSession(stateIn(phase), everything, {})
      expect(Object.keys(view)).not.toEqual(expect.arrayContaining(['qr']))
      expect(JSON.stringify(view)).not.toMatch(/the-qr|CODE1234/)
    }
  })

  it('shows owner, number, loss and metadata in every phase', () => {
    const { owner, phoneNumber, lastDisconnect, metadata } = everything
    for (const phase of ['idle', 'loading', 'connected', 'waiting'] as const) {
      expect(viewSession(stateIn(phase), everything, {})).toMatchObject({ owner, phoneNumber, lastDisconnect, metadata, isLocal: true })
    }
    expect(viewSession(stateIn('standby'), everything, {}).isLocal).toBe(false)
  })

  it('counts failed attempts, and tells of the next one', () => {
    const waiting = { phase: 'waiting', run: run({ failures: 3 }), reason: 'connection_lost', retryAt: NOW } as const
    expect(viewSession(waiting, nothing, {})).toMatchObject({ attempt: 3, nextRetryAt: NOW })
    const dialing = viewSession({ phase: 'dialing', run: run({ failures: 3 }), reason: 'restoring' }, nothing, {})
    expect([dialing.attempt, dialing.nextRetryAt]).toEqual([3, undefined])
    expect(viewSession(stateIn('dialing'), nothing, {})).not.toHaveProperty('attempt')
  })

  it('tells until when a restriction lasts', () => {
    expect(viewSession({ phase: 'idle', status: 'failed', reason: 'restricted', until: NOW, tried: true }, nothing, {})).toMatchObject({ restrictedUntil: NOW })
    expect(viewSession(stateIn('idle'), nothing, {})).not.toHaveProperty('restrictedUntil')
  })

  it('is connected only when it is', () => {
    const connected = (['idle', 'standby', 'loading', 'dialing', 'pairing', 'settling', 'connected', 'waiting'] as const).filter(phase => viewSession(stateIn(phase), nothing, {}).isConnected)
    expect(connected).toEqual(['connected'])
  })

  it('speaks in the words of the application', () => {
    expect(viewSession(stateIn('connected'), nothing, { connected: 'Verbunden.' }).message).toBe('Verbunden.')
    expect(viewSession(stateIn('waiting'), nothing, { connection_lost: 'Weg.' }).message).toBe('Weg.')
    expect(viewSession(stateIn('waiting'), nothing, { connected: 'Verbunden.' }).message).toBe('Could not connect. Trying again...')
    expect(viewSession(stateIn('waiting', run({ start: 'connected' })), nothing, {}).message).toBe('Connection lost. Reconnecting...')
  })
})
