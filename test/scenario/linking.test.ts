import type { BinaryNode } from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import { codeOf, inFakeTime, pass, scenario, silent, within, type Scenario, type Script } from '../support/scenario.js'

inFakeTime()

const showQr: Script = (socket) => {
  socket.qr()
}
const status = (made: Scenario): Promise<object> => made.sessions.getStatus('shop')
const passkey = (id: string): BinaryNode => ({ tag: 'notification', attrs: { type: 'passkey_prologue_request', from: 's.whatsapp.net', id } })

/** The server's part of the handshake has come. */
const takeConnection: Script = (socket) => {
  socket.accept()
  socket.ws.emit('message', Buffer.alloc(0))
}

describe('a link that WhatsApp refuses', () => {
  it.each([
    ['a pairing that does not verify', { code: 500, message: 'Invalid account signature' }],
    ['an account that does not verify', { code: 500, message: 'Failed to verify account signature' }],
    ['a 401 before anything was paired', { code: 401, message: 'Connection Failure' }],
  ])('%s: says so, with the version and the browser that were tried, and keeps nothing', async (_what, reason) => {
    const made = scenario({ script: showQr, socketConfig: { version: [2, 3000, 1035194821], browser: ['Mac OS', 'Chrome', '14.4.1'] } })
    await within(made.sessions.connect('shop'))
    await made.socket().close(reason)
    await pass(60_000)
    expect(await status(made)).toMatchObject({
      status: 'disconnected',
      reason: 'pairing_refused',
      lastDisconnect: { cause: 'pairing_rejected' },
      message: expect.stringContaining('tried version 2.3000.1035194821 as Chrome (Mac OS)'),
    })
    expect(made.baileys.sockets).toHaveLength(1)
    expect(await made.store.text('shop', 'creds')).toBeUndefined()
    expect(await within(made.sessions.connect('shop'))).toMatchObject({ status: 'pairing' })
  })

  it.each([
    ['an error that answers nothing', 'server-1', 'pairing_refused'],
    ['an error that answers a request of ours', '1.2-7', 'pairing_expired'],
  ])('%s, and then the codes are used up: %s', async (_what, id, reason) => {
    const made = scenario({ script: showQr })
    await within(made.sessions.connect('shop'))
    made.socket().receiveNode({ tag: 'iq', attrs: { type: 'error', from: 's.whatsapp.net', id }, content: [{ tag: 'error', attrs: { code: '401' } }] })
    expect(await status(made)).toMatchObject({ status: 'pairing' })
    await made.socket().expireQr()
    await pass(10)
    expect(await status(made)).toMatchObject({ status: 'disconnected', reason })
  })

  it('that nobody scanned is another thing', async () => {
    const made = scenario({ script: showQr })
    await within(made.sessions.connect('shop'))
    await made.socket().expireQr()
    await pass(10)
    expect(await status(made)).toMatchObject({ status: 'disconnected', reason: 'pairing_expired' })
  })
})

describe('a passkey that WhatsApp asks for', () => {
  it('is shown at once, acknowledged, and stays through the QR codes that follow, until the phone is linked', async () => {
    const made = scenario({ script: showQr })
    await within(made.sessions.connect('shop'))
    made.socket().receiveNode(passkey('p1'))
    expect(made.statuses()).toEqual(['connecting starting', 'pairing', 'pairing passkey_required'])
    expect(await status(made)).toMatchObject({
      status: 'pairing',
      reason: 'passkey_required',
      qr: expect.any(String),
      message: expect.stringContaining('passkey'),
    })
    expect(made.socket().sentNodes).toEqual([
      { tag: 'ack', attrs: { id: 'p1', to: 's.whatsapp.net', class: 'notification', type: 'passkey_prologue_request' } },
    ])
    made.socket().qr()
    made.socket().receiveNode({ tag: 'notification', attrs: { type: 'crsc_continuation', id: 'p2' } })
    expect(await status(made)).toMatchObject({ reason: 'passkey_required' })
    expect(made.socket().sentNodes).toHaveLength(2)
    made.socket().pairSuccess()
    await made.socket().close(515)
    made.script = (socket) => {
      socket.open()
    }
    await within(made.sessions.waitUntilConnected('shop'))
    expect(made.events('status').at(-1)).toMatchObject({ status: 'connected', reason: null })
  })

  it('is why nobody could link in time', async () => {
    const made = scenario({ script: showQr })
    await within(made.sessions.connect('shop'))
    made.socket().receiveNode(passkey('p1'))
    await made.socket().expireQr()
    await pass(10)
    expect(await status(made)).toMatchObject({ status: 'disconnected', reason: 'passkey_required' })
    expect(await within(codeOf(made.sessions.waitUntilConnected('shop')))).toBe('NOT_PAIRED')
  })

  it('before there is a QR code ends the wait of whoever connects', async () => {
    const made = scenario({ script: silent })
    const connecting = made.sessions.connect('shop')
    await pass()
    made.socket().receiveNode(passkey('p1'))
    expect(await within(connecting)).toMatchObject({ status: 'pairing', reason: 'passkey_required' })
  })

  it('of a linked session is left to Baileys', async () => {
    const made = scenario()
    await made.store.seed('shop')
    await within(made.sessions.restoreSession('shop'))
    made.socket().receiveNode(passkey('p1'))
    expect(await status(made)).toMatchObject({ status: 'connected', reason: null })
    expect(made.socket().sentNodes).toEqual([])
  })
})

describe('a client that is too old', () => {
  it('while pairing: asks the provider once more, dials once more, and then says what to do', async () => {
    const version = vi.fn(() => Promise.resolve<[number, number, number]>([2, 3000, 7]))
    const made = scenario({
      version,
      script: (socket) => {
        void socket.close(405)
      },
    })
    const { status: now, reason, message } = await within(made.sessions.connect('shop'))
    expect([now, reason]).toEqual(['reconnecting', 'client_outdated'])
    expect(message).toContain('WhatsApp says version 2.3000.7 of WhatsApp Web is too old.')
    await pass(120_000)
    expect(await status(made)).toMatchObject({ status: 'disconnected', reason: 'client_outdated', message })
    expect(made.baileys.sockets).toHaveLength(2)
    expect(version).toHaveBeenCalledTimes(2)
  })
})

describe('a registration that is closed before there is a QR code', () => {
  it.each([
    ['that WhatsApp had taken', takeConnection, 'registration_closed'],
    ['that was never taken', silent, 'retries_exhausted'],
  ] as const)('again and again, %s: says %s once the retries are used up', async (_what, begin, reason) => {
    const made = scenario({
      socketConfig: { browser: ['Mac OS', 'Desktop', '14.4.1'] },
      script: (socket, index) => {
        begin(socket, index)
        void socket.close(428)
      },
    })
    expect(await within(made.sessions.connect('shop'))).toMatchObject({ status: 'reconnecting', reason: 'connection_lost' })
    await pass(60_000)
    expect(await status(made)).toMatchObject({ status: 'disconnected', reason })
    expect(made.baileys.sockets).toHaveLength(4)
    if (reason === 'registration_closed')
      expect(await status(made)).toMatchObject({ message: expect.stringContaining('as Desktop (Mac OS)'), lastDisconnect: { cause: 'registration_closed' } })
  })

  it('after a QR code is a connection that was lost', async () => {
    const made = scenario({
      script: (socket) => {
        takeConnection(socket, 0)
        socket.qr()
      },
    })
    await within(made.sessions.connect('shop'))
    await made.socket().close(428)
    expect(made.events('disconnected')).toMatchObject([{ cause: 'connection_closed' }])
  })
})

describe('a pairing code', () => {
  const PHONE = '4915112345678'
  const refuse =
    (code: string, text: string) =>
    (node: BinaryNode): Promise<BinaryNode> =>
      Promise.resolve({ tag: 'iq', attrs: { id: node.attrs['id'] ?? '', type: 'error' }, content: [{ tag: 'error', attrs: { code, text } }] })

  it.each([
    ['400', 'bad-request'],
    ['429', 'rate-overlimit'],
  ])('that WhatsApp refuses with %s %s rejects, is shown nowhere, and can be asked for again', async (code, text) => {
    const made = scenario({ script: showQr })
    await within(made.sessions.connect('shop'))
    const accept = made.socket().answer
    made.socket().answer = refuse(code, text)
    const asking = made.sessions.requestPairingCode('shop', PHONE)
    await expect(within(asking)).rejects.toMatchObject({
      code: 'PAIRING_CODE_REFUSED',
      sessionId: 'shop',
      message: expect.stringContaining(`(${code} ${text})`),
    })
    expect(made.events('pairing-code')).toEqual([])
    expect(await status(made)).not.toHaveProperty('pairingCode')
    expect(await status(made)).toMatchObject({ status: 'pairing', qr: expect.any(String) })
    made.socket().answer = accept
    const again = await within(made.sessions.requestPairingCode('shop', PHONE))
    expect(await status(made)).toMatchObject({ pairingCode: again, pairingPhoneNumber: PHONE })
  })

  it('that WhatsApp does not answer rejects after a time of its own, and can be asked for again', async () => {
    const made = scenario({ script: showQr })
    await within(made.sessions.connect('shop'))
    const accept = made.socket().answer
    made.socket().answer = () => new Promise(() => undefined)
    const told: string[] = []
    void codeOf(made.sessions.requestPairingCode('shop', PHONE)).then((code) => {
      told.push(code)
    })
    await pass(14_000)
    expect(told).toEqual([])
    await pass(2000)
    expect(told).toEqual(['PAIRING_CODE_TIMEOUT'])
    expect(await status(made)).toMatchObject({ status: 'pairing' })
    made.socket().answer = accept
    expect(await within(made.sessions.requestPairingCode('shop', PHONE))).toMatch(/^[0-9A-Z]{8}$/u)
  })

  it('resolves only once WhatsApp has taken it, and takes no other answer for that one', async () => {
    const made = scenario({ script: showQr })
    await within(made.sessions.connect('shop'))
    let take = (): void => undefined
    made.socket().answer = (node) =>
      new Promise((resolve) => {
        take = () => {
          resolve({ tag: 'iq', attrs: { id: node.attrs['id'] ?? '', type: 'result' } })
        }
      })
    let code: string | null = null
    void made.sessions.requestPairingCode('shop', PHONE).then((given) => {
      code = given
    })
    await pass(1000)
    made.socket().receiveNode({ tag: 'iq', attrs: { id: '1.2-999', type: 'result' } })
    made.socket().receiveNode({ tag: 'iq', attrs: { id: 'server-1', type: 'error' } })
    await pass(1000)
    expect(code).toBeNull()
    take()
    await pass()
    expect(code).toMatch(/^[0-9A-Z]{8}$/u)
  })

  it('is replaced by a second one, also for another number, asked for while the first is on its way', async () => {
    const made = scenario({ script: showQr })
    const [first, second] = await within(
      Promise.all([made.sessions.requestPairingCode('shop', PHONE), made.sessions.requestPairingCode('shop', '+1 202 555 0134')]),
    )
    expect(first).not.toBe(second)
    expect(made.events('pairing-code')).toMatchObject([
      { code: first, phoneNumber: PHONE },
      { code: second, phoneNumber: '12025550134' },
    ])
    expect(await status(made)).toMatchObject({ pairingCode: second, pairingPhoneNumber: '12025550134' })
    expect(made.socket().authState.creds.pairingCode).toBe(second)
  })

  it('that nobody has answered leaves no timer behind when its socket ends (invariant 4)', async () => {
    const made = scenario({ script: showQr })
    await within(made.sessions.connect('shop'))
    made.socket().answer = () => new Promise(() => undefined)
    const asking = codeOf(made.sessions.requestPairingCode('shop', PHONE))
    await pass(1000)
    await within(made.sessions.close())
    expect(await within(asking)).toBe('PAIRING_FAILED')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is forgotten with its socket, and its number too', async () => {
    const made = scenario({ script: showQr })
    await within(made.sessions.requestPairingCode('shop', PHONE))
    await made.socket().close(428)
    await pass(5000)
    const now = await status(made)
    expect(now).toMatchObject({ status: 'pairing' })
    expect(now).not.toHaveProperty('pairingPhoneNumber')
  })
})

describe('the common line that asks for a pairing code when `registered` is false', () => {
  const commonLine = ({ sessions }: Scenario): Promise<string>[] => {
    const asked: Promise<string>[] = []
    sessions.on('socket', ({ socket }) => {
      if (!socket.authState.creds.registered && socket.authState.creds.account !== undefined) asked.push(socket.requestPairingCode('49151999999'))
    })
    return asked
  }

  it('is refused on a linked session, with a rejection that nobody has to handle, and changes nothing', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const made = scenario()
    const asked = commonLine(made)
    await made.store.seed('shop')
    await within(made.sessions.restoreSession('shop'))
    made.socket().updateCreds({ nextPreKeyId: 900 })
    await pass(100)
    await vi.waitFor(() => {
      expect(asked).toHaveLength(1)
    })
    expect(await codeOf(asked[0] ?? Promise.resolve())).toBe('ALREADY_PAIRED')
    expect(JSON.parse((await made.store.text('shop', 'creds')) ?? '')).toMatchObject({ nextPreKeyId: 900, me: made.socket().user })
    expect(made.socket().sentNodes).toEqual([])
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('is let through while nothing is linked', async () => {
    const made = scenario({ script: showQr })
    await within(made.sessions.connect('shop'))
    expect(await made.socket().asWASocket().requestPairingCode('49151999999')).toMatch(/^[0-9A-Z]{8}$/u)
  })
})

it('the socket event carries the object that socketConfig is given', async () => {
  const given: unknown[] = []
  const made = scenario({
    socketConfig: (_id, { shared }) => {
      given.push(shared)
      return {}
    },
  })
  made.sessions.on('socket', ({ shared }) => {
    given.push(shared)
  })
  await made.store.seed('shop')
  await within(made.sessions.restoreSession('shop'))
  await made.socket().close(428)
  await pass(5000)
  expect(given).toHaveLength(4)
  expect(new Set(given).size).toBe(1)
})
