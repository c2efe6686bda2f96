import type { BaileysEventMap } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { FakeBaileys, FakeBoom, type FakeSocket, type FakeSocketOptions } from '../../../src/testing/index.js'
import { fakeAuthCreds, fakePairedCreds } from '../../../src/testing/fake-creds.js'

type ConnectionUpdate = BaileysEventMap['connection.update']

const noKeys = { get: () => ({}), set: () => undefined }

async function makeSocket(options: FakeSocketOptions & { paired?: boolean } = {}): Promise<{ socket: FakeSocket; updates: ConnectionUpdate[] }> {
  const baileys = new FakeBaileys({ socket: options })
  const creds = options.paired === true ? fakePairedCreds({ phone: '49151000001' }) : fakeAuthCreds()
  const made = baileys.makeWASocket({ auth: { creds, keys: noKeys } })
  const updates: ConnectionUpdate[] = []
  made.ev.on('connection.update', (update) => void updates.push(update))
  return { socket: await baileys.takeSocket(), updates }
}

function statusCode(update: ConnectionUpdate | undefined): number | undefined {
  const error = update?.lastDisconnect?.error
  return error instanceof FakeBoom ? error.output.statusCode : undefined
}

describe('FakeSocket', () => {
  it('says connecting on the next tick, and nothing else by itself', async () => {
    const { socket, updates } = await makeSocket()
    expect(updates).toEqual([{ connection: 'connecting', receivedPendingNotifications: false, qr: undefined }])
    expect(socket.ws.isConnecting).toBe(true)
  })

  it('pairs: qr, account and me merged into the creds, then isNewLogin', async () => {
    const { socket, updates } = await makeSocket()
    socket.qr('the-qr')
    socket.pairSuccess({ phone: '49151000002', device: 7 })
    expect(updates.slice(1)).toEqual([{ qr: 'the-qr' }, { isNewLogin: true, qr: undefined }])
    expect(socket.ws.isOpen).toBe(true)
    expect(socket.authState.creds.me?.id).toBe('49151000002:7@s.whatsapp.net')
    expect(socket.authState.creds.account?.accountSignature).toHaveLength(64)
    expect(socket.authState.creds.registered).toBe(false)
  })

  it('pairs by code: half paired before, registered after', async () => {
    const { socket } = await makeSocket()
    await expect(socket.requestPairingCode('49151000003')).rejects.toMatchObject({ output: { statusCode: 428 } })
    socket.accept()
    expect(await socket.requestPairingCode('49151000003')).toMatch(/^[0-9A-Z]{8}$/u)
    expect(socket.authState.creds).toMatchObject({ me: { id: '49151000003@s.whatsapp.net' }, registered: false })
    socket.pairSuccess()
    expect(socket.authState.creds).toMatchObject({ me: { id: '49151000003:1@s.whatsapp.net' }, registered: true })
  })

  it('opens only with creds that know the account', async () => {
    const { socket } = await makeSocket()
    expect(() => socket.open()).toThrow(/paired creds/u)
    const restored = await makeSocket({ paired: true })
    restored.socket.open()
    expect(restored.updates.slice(1)).toEqual([{ connection: 'open' }, { receivedPendingNotifications: true }])
    expect(restored.socket.phoneNumber).toBe('49151000001')
  })

  it.each([401, 403, 408, 411, 428, 429, 440, 500, 503, 515, 516])('closes once with %i, then is deaf and mute', async (code) => {
    const { socket, updates } = await makeSocket({ paired: true })
    socket.open()
    const closing = socket.close(code)
    expect(updates.at(-1)).not.toHaveProperty('lastDisconnect')
    await Promise.all([closing, socket.close(500), socket.end(undefined)])
    const closes = updates.filter((update) => update.connection === 'close')
    expect(closes.map(statusCode)).toEqual([code])
    socket.qr()
    socket.open()
    socket.updateCreds({ accountSyncCounter: 9 })
    expect(updates.at(-1)).toBe(closes[0])
    expect(socket.authState.creds.accountSyncCounter).toBe(1)
    expect(socket).toMatchObject({ isDestroyed: true, endCalls: 1 })
    expect(socket.listenerCount()).toBe(0)
  })

  it('reports an error as it is, and our own end without one', async () => {
    const failed = await makeSocket()
    const error = new Error('boom')
    await failed.socket.close(error)
    expect(failed.updates.at(-1)?.lastDisconnect?.error).toBe(error)
    const ended = await makeSocket()
    await ended.socket.end(undefined)
    expect(ended.updates.at(-1)).toMatchObject({ connection: 'close', lastDisconnect: { error: undefined } })
  })

  it('half open: end waits until the raw socket is terminated', async () => {
    const { socket, updates } = await makeSocket({ paired: true, ending: 'half-open' })
    socket.open()
    const raw = socket.ws.socket
    let ended = false
    const ending = socket.end(undefined).then(() => {
      ended = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(ended).toBe(false)
    raw?.terminate()
    await ending
    expect(updates.at(-1)?.connection).toBe('close')
  })

  it('a terminated raw socket is a lost connection', async () => {
    const { socket, updates } = await makeSocket({ paired: true })
    socket.open()
    socket.ws.socket?.terminate()
    await new Promise((resolve) => setImmediate(resolve))
    expect(statusCode(updates.at(-1))).toBe(428)
  })

  it('logs out: sends the removal, ends with 401; or fails as told and stays open', async () => {
    const { socket, updates } = await makeSocket({ paired: true, logoutError: new Error('no answer') })
    socket.open()
    await expect(socket.logout()).rejects.toThrow('no answer')
    expect(socket.isEnded).toBe(false)
    socket.logoutError = undefined
    await socket.logout()
    await new Promise((resolve) => setImmediate(resolve))
    expect(updates.at(-1)?.lastDisconnect?.error?.message).toBe('Intentional Logout')
    expect(statusCode(updates.at(-1))).toBe(401)
    expect(socket.logoutCalls).toBe(2)
  })

  it('records queries and answers them', async () => {
    const { socket } = await makeSocket()
    const ping = { tag: 'iq', attrs: { id: '7', type: 'get' } }
    await expect(socket.query(ping)).rejects.toMatchObject({ message: 'Connection Closed' })
    socket.accept()
    expect(await socket.query(ping)).toEqual({ tag: 'iq', attrs: { id: '7', type: 'result' } })
    socket.answer = () => Promise.reject(new Error('refused'))
    await expect(socket.query(ping)).rejects.toThrow('refused')
    expect(socket.sentNodes).toEqual([ping, ping])
  })

  it('counts the listeners of the code under test only', async () => {
    const { socket } = await makeSocket()
    const listener = (): void => undefined
    socket.ev.on('creds.update', listener)
    expect([socket.listenerCount(), socket.listenerCount('creds.update')]).toEqual([2, 1])
    socket.ev.off('creds.update', listener)
    expect(socket.listenerCount('creds.update')).toBe(0)
  })

  it('buffers for a paired session until everything queued has arrived; an end without a flush destroys it', async () => {
    const heard: string[] = []
    const first = await makeSocket({ paired: true })
    first.socket.ev.on('messages.upsert', ({ type }) => void heard.push(type))
    first.socket.open({ offline: 'pending' })
    first.socket.ev.emit('messages.upsert', { messages: [], type: 'append' })
    expect(heard).toEqual([])
    first.socket.offlineDone()
    expect(heard).toEqual(['append'])
    const second = await makeSocket({ paired: true })
    second.socket.ev.on('messages.upsert', ({ type }) => void heard.push(type))
    second.socket.ev.emit('messages.upsert', { messages: [], type: 'notify' })
    await second.socket.close()
    expect(heard).toEqual(['append'])
  })
})

describe('FakeBaileys', () => {
  it('records sockets and configs, throws when told, and lets a script drive each socket', async () => {
    const indexes: number[] = []
    const baileys = new FakeBaileys({
      onSocket: (socket, index) => {
        indexes.push(index)
        socket.qr()
      },
    })
    const config = { auth: { creds: baileys.initAuthCreds(), keys: noKeys } }
    baileys.failNext(new Error('refused'))
    expect(() => baileys.makeWASocket(config)).toThrow('refused')
    baileys.default(config)
    baileys.makeWASocket(config)
    expect(await baileys.takeSocket()).toBe(baileys.sockets[0])
    expect(await baileys.takeSocket()).toBe(baileys.lastSocket)
    await new Promise((resolve) => setImmediate(resolve))
    expect(indexes).toEqual([0, 1])
    expect(baileys.configs).toEqual([config, config])
  })
})
