import { describe, expect, it } from 'vitest'
import type { SessionAnnouncements } from '../../../src/session/session-context.js'
import { INITIAL_STATE } from '../../../src/session/session-machine.js'
import { type ReportedStep, SessionReport, statusOf } from '../../../src/session/session-report.js'
import type { SessionState } from '../../../src/session/session-state.js'
import type { SessionSnapshot } from '../../../src/status/session-status.js'
import type { StatusMessages } from '../../../src/status/status-reasons.js'
import { NOW, run, stateIn } from '../../support/machine-states.js'

/** A report, and what it announced, oldest first. */
function report(messages: StatusMessages = {}): {
  report: SessionReport
  told: string[]
  tell: (before: SessionState, event: ReportedStep['event'], after: SessionState) => void
} {
  const told: string[] = []
  const announce: SessionAnnouncements = {
    status: ({ status, reason }, previous) => {
      told.push(`status ${previous.status} > ${status} ${reason ?? ''}`.trim())
    },
    metadata: (_id, metadata) => {
      told.push(`metadata ${JSON.stringify(metadata)}`)
    },
    qr: (_id, qr) => {
      told.push(`qr ${qr}`)
    },
    pairingCode: (_id, code) => {
      told.push(`pairing code ${code}`)
    },
    socket: () => {
      told.push('socket')
    },
    connected: (_id, phoneNumber, restored) => {
      told.push(`connected ${phoneNumber ?? 'nobody'}${restored ? ' restored' : ''}`)
    },
    disconnected: ({ cause, code, willRetry }) => {
      told.push(`disconnected ${cause} ${code ?? 'null'}${willRetry ? ' retried' : ''}`)
    },
    credsRestored: () => {
      told.push('creds restored')
    },
    loggedOut: (_id, cause) => {
      told.push(`logged out ${cause}`)
    },
    deleted: () => {
      told.push('deleted')
    },
    error: () => {
      told.push('error')
    },
  }
  const made = new SessionReport({ sessionId: 's', announce, messages, findMetadata: () => Promise.resolve(null) }, INITIAL_STATE)
  return {
    report: made,
    told,
    tell: (before, event, after) => {
      made.tell({ before, event, after, owner: null, isUnlinking: false })
    },
  }
}

const view = (state: SessionState, messages: StatusMessages = {}): SessionSnapshot => report(messages).report.view(state)

/** The view of a report that knows everything there is to know. */
function fullView(state: SessionState): SessionSnapshot {
  const { report: made } = report()
  made.noteQr('the-qr', NOW)
  made.showPairingCode('CODE1234', '49151000001', NOW)
  made.notePhoneNumber('49151000001')
  made.noteLoss({ code: 428, message: 'gone', attributes: {}, at: NOW }, 'connection_closed')
  made.recall({ metadata: { shop: 1 } })
  made.tell({ before: state, event: { type: 'stable' }, after: state, owner: 'host:1:abc', isUnlinking: false })
  return made.view(state)
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

describe('the view of a state', () => {
  it('leaves out what is not known', () => {
    expect(view(stateIn('loading'))).toEqual({
      sessionId: 's',
      status: 'connecting',
      isConnected: false,
      reason: 'restoring',
      message: 'Restoring connection from saved session...',
      since: expect.any(Date),
      owner: null,
      isLocal: true,
    })
  })

  it('shows QR code and pairing code while pairing, and at no other time', () => {
    expect(fullView(stateIn('pairing'))).toMatchObject({ qr: 'the-qr', pairingCode: 'CODE1234', pairingPhoneNumber: '49151000001', pairingExpiresAt: NOW })
    for (const phase of ['idle', 'standby', 'loading', 'dialing', 'settling', 'connected', 'waiting'] as const) {
      const shown = fullView(stateIn(phase))
      expect(Object.keys(shown)).not.toEqual(expect.arrayContaining(['qr']))
      expect(JSON.stringify(shown)).not.toMatch(/the-qr|CODE1234/)
    }
  })

  it('shows owner, number, loss and metadata in every phase', () => {
    const known = {
      owner: 'host:1:abc',
      phoneNumber: '49151000001',
      lastDisconnect: { code: 428, cause: 'connection_closed', message: 'gone', at: NOW },
      metadata: { shop: 1 },
    }
    for (const phase of ['idle', 'loading', 'connected', 'waiting'] as const) {
      expect(fullView(stateIn(phase))).toMatchObject({ ...known, isLocal: true })
    }
    expect(fullView(stateIn('standby')).isLocal).toBe(false)
  })

  it('counts failed attempts, and tells of the next one', () => {
    const waiting = { phase: 'waiting', run: run({ failures: 3 }), reason: 'connection_lost', retryAt: NOW } as const
    expect(view(waiting)).toMatchObject({ attempt: 3, nextRetryAt: NOW })
    const dialing = view({ phase: 'dialing', run: run({ failures: 3 }), reason: 'restoring' })
    expect([dialing.attempt, dialing.nextRetryAt]).toEqual([3, undefined])
    expect(view(stateIn('dialing'))).not.toHaveProperty('attempt')
  })

  it('tells until when a restriction lasts', () => {
    expect(view({ phase: 'idle', status: 'failed', reason: 'restricted', until: NOW, tried: true })).toMatchObject({ restrictedUntil: NOW })
    expect(view(stateIn('idle'))).not.toHaveProperty('restrictedUntil')
  })

  it('is connected only when it is', () => {
    const connected = (['idle', 'standby', 'loading', 'dialing', 'pairing', 'settling', 'connected', 'waiting'] as const).filter(
      (phase) => view(stateIn(phase)).isConnected,
    )
    expect(connected).toEqual(['connected'])
  })

  it('speaks in the words of the application', () => {
    expect(view(stateIn('connected'), { connected: 'Verbunden.' }).message).toBe('Verbunden.')
    expect(view(stateIn('waiting'), { connection_lost: 'Weg.' }).message).toBe('Weg.')
    expect(view(stateIn('waiting'), { connected: 'Verbunden.' }).message).toBe('Could not connect. Trying again...')
    expect(view(stateIn('waiting', run({ start: 'connected' })), {}).message).toBe('Connection lost. Reconnecting...')
  })
})

describe('what a step announces', () => {
  const lost = { type: 'closed', cause: 'connection_closed', restrictedUntil: null } as const

  it('the status first, then what it means; a status that is no news is not told again', () => {
    const { report: made, told, tell } = report()
    made.noteLoss({ code: 428, message: 'gone', attributes: {}, at: NOW }, 'connection_closed')
    tell(stateIn('connected'), lost, stateIn('waiting'))
    tell(stateIn('waiting'), { type: 'qr' }, stateIn('waiting'))
    expect(told).toEqual(['status disconnected > reconnecting connection_lost', 'disconnected connection_closed 428 retried'])
  })

  it('a QR code last, when its status is known, and not once it is forgotten', () => {
    const { report: made, told, tell } = report()
    made.noteQr('the-qr', NOW)
    tell(stateIn('dialing'), { type: 'qr' }, stateIn('pairing'))
    made.forgetPairing()
    tell(stateIn('pairing'), { type: 'qr' }, stateIn('pairing'))
    expect(told).toEqual(['status disconnected > pairing', 'qr the-qr'])
  })

  it('whether the phone was linked in this run', () => {
    const { report: made, told, tell } = report()
    made.notePhoneNumber('49151000001')
    tell(stateIn('pairing'), { type: 'paired' }, stateIn('dialing'))
    tell(stateIn('settling'), { type: 'durable', hindrance: null }, stateIn('connected'))
    tell(stateIn('settling'), { type: 'durable', hindrance: null }, stateIn('connected'))
    expect(told.filter((line) => line.startsWith('connected'))).toEqual(['connected 49151000001', 'connected 49151000001 restored'])
  })

  it.each([
    [false, 'logged_out'],
    [true, 'intentional_logout'],
  ] as const)('who logged it out, when a logout is under way: %s', (isUnlinking, cause) => {
    const { report: made, told } = report()
    const after: SessionState = { phase: 'idle', status: 'logged_out', reason: 'logged_out', until: null, tried: true }
    made.tell({ before: stateIn('connected'), event: { ...lost, cause: 'logged_out' }, after, owner: null, isUnlinking })
    expect(told.at(-1)).toBe(`logged out ${cause}`)
  })

  it('that it was deleted, and nothing of it afterwards', () => {
    const { report: made, told } = report()
    made.takeMetadata({ tenant: 'old' })
    made.notePhoneNumber('49151000001')
    made.noteLoss({ code: 428, message: 'gone', attributes: {}, at: NOW }, 'connection_closed')
    made.tellDeleted(stateIn('idle'))
    expect(told).toEqual(['metadata {"tenant":"old"}', 'deleted'])
    expect(made.view(stateIn('idle'))).toEqual({ ...view(stateIn('idle')), since: expect.any(Date) })
  })
})
