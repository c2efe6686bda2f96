import { describe, expect, it } from 'vitest'
import { codeOf, inFakeTime, pass, refusing, scenario, silent, within, type Script } from '../support/scenario.js'

inFakeTime()

describe('pairing by QR code', () => {
  it('shows each code with its time, in the event and in the snapshot, and in no status', async () => {
    const made = scenario()
    const startedAt = Date.now()
    const snapshot = await within(made.sessions.connect('s'))
    expect(snapshot).toMatchObject({ status: 'pairing', qr: 'the-qr', pairingExpiresAt: new Date(startedAt + 60_000) })
    await pass(60_000)
    made.socket().qr('the-second-qr')
    expect(await made.sessions.getStatus('s')).toMatchObject({ qr: 'the-second-qr', pairingExpiresAt: new Date(Date.now() + 20_000) })
    expect(made.events('qr')).toEqual([
      { sessionId: 's', qr: 'the-qr', expiresAt: new Date(startedAt + 60_000) },
      { sessionId: 's', qr: 'the-second-qr', expiresAt: new Date(Date.now() + 20_000) },
    ])
    expect(JSON.stringify(made.events('status'))).not.toContain('-qr')
  })

  it('goes by the time that the application gave the codes', async () => {
    const made = scenario({ socketConfig: { qrTimeout: 5000 } })
    const { pairingExpiresAt } = await within(made.sessions.connect('s'))
    expect(pairingExpiresAt?.getTime()).toBe(Date.now() + 5000)
  })

  it('resolves when there is something to scan, and not before', async () => {
    const made = scenario({ script: silent })
    let resolved = false
    const connecting = made.sessions.connect('s').then(() => {
      resolved = true
    })
    await pass(1000)
    expect(resolved).toBe(false)
    made.socket().qr()
    await connecting
  })

  it('answers once it is linked, with the number and restored: false', async () => {
    const made = scenario()
    await within(made.sessions.connect('s', { metadata: { shop: 7 } }))
    const waiting = made.sessions.waitUntilConnected('s')
    made.socket().pairSuccess({ phone: '49151000001', device: 4 })
    await made.socket().close(515)
    expect(await within(waiting)).toBe(made.socket())
    expect(made.events('connected')).toEqual([{ sessionId: 's', phoneNumber: '49151000001', restored: false }])
    expect(await made.sessions.getStatus('s')).toMatchObject({ phoneNumber: '49151000001', metadata: { shop: 7 } })
    await made.socket().close(428)
    await pass(5000)
    expect(made.events('connected').map(({ restored }) => restored)).toEqual([false, true])
  })

  it('a second connect of a connected session answers at once', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'connected' })
    expect(made.baileys.sockets).toHaveLength(1)
  })
})

describe('pairing by code', () => {
  it('begins a pairing, and resolves with the code', async () => {
    const made = scenario()
    const code = await within(made.sessions.requestPairingCode('s', '+49 151 12345678'))
    expect(code).toMatch(/^[0-9A-Z]{8}$/)
    expect(made.events('pairing-code')).toEqual([{ sessionId: 's', code, phoneNumber: '4915112345678', expiresAt: expect.any(Date) }])
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'pairing', pairingCode: code })
    expect(JSON.stringify(made.events('status'))).not.toContain(code)
    made.socket().pairSuccess()
    await made.socket().close(515)
    await pass(10)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected', phoneNumber: '4915112345678' })
  })

  it('is asked for once for one number, and again for another', async () => {
    const made = scenario()
    const ask = (phone: string): Promise<string> => made.sessions.requestPairingCode('s', phone)
    const [one, two] = await within(Promise.all([ask('4915112345678'), ask('+4915112345678')]))
    expect(one).toBe(two)
    expect(await within(ask('4915112345678'))).toBe(one)
    expect(await within(ask('4915199999999'))).not.toBe(one)
    expect(made.baileys.sockets).toHaveLength(1)
  })

  it('half paired credentials are never stored, so a restart registers anew', async () => {
    const made = scenario()
    await within(made.sessions.requestPairingCode('s', '4915112345678'))
    await made.socket().expireQr()
    await pass(100)
    expect(await made.store.text('s', 'creds')).toBeUndefined()
    await within(made.sessions.close())
    const next = scenario({ store: made.store })
    await within(next.sessions.connect('s'))
    expect(next.socket().authState.creds.me).toBeUndefined()
  })

  it.each(['', 'abc', '+', '0151 1234567', '12'])('refuses "%s"', async (phone) => {
    const made = scenario()
    await expect(made.sessions.requestPairingCode('s', phone)).rejects.toThrow(TypeError)
    expect([made.baileys.sockets.length, made.store.calls.length]).toEqual([0, 0])
  })

  it('invariant 5: refuses one that is linked in the same moment: who it is linked to would be overwritten', async () => {
    const made = scenario()
    await within(made.sessions.connect('s'))
    const code = codeOf(made.sessions.requestPairingCode('s', '4915112345678'))
    made.socket().pairSuccess({ phone: '49151000001' })
    expect(await within(code)).toBe('ALREADY_PAIRED')
    expect(made.socket().authState.creds.me?.id).toMatch(/^49151000001:/u)
  })

  it('refuses a session that is linked, whether it is connected, stored, or waits', async () => {
    const made = scenario()
    await made.store.seed('s')
    expect(await within(codeOf(made.sessions.requestPairingCode('s', '4915112345678')))).toBe('ALREADY_PAIRED')
    await within(made.sessions.connect('s'))
    await pass(10)
    expect(await within(codeOf(made.sessions.requestPairingCode('s', '4915112345678')))).toBe('ALREADY_PAIRED')
    made.script = refusing(428)
    await made.socket().close(428)
    await pass(1500)
    expect(await within(codeOf(made.sessions.requestPairingCode('s', '4915112345678')))).toBe('ALREADY_PAIRED')
  })

  it('that WhatsApp refuses, or loses, rejects and may be tried again', async () => {
    const dropping: Script = (socket) => {
      socket.qr()
      void socket.close(428)
    }
    const made = scenario({ script: dropping })
    expect(await within(codeOf(made.sessions.requestPairingCode('s', '4915112345678')))).toMatch(/^PAIRING_FAILED|NOT_PAIRED$/)
    made.script = (socket) => {
      socket.qr()
    }
    await pass(10_000)
    await within(made.sessions.connect('s'))
    expect(await within(made.sessions.requestPairingCode('s', '4915112345678'))).toMatch(/^[0-9A-Z]{8}$/)
  })
})
