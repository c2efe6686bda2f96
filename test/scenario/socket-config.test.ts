import { describe, expect, it, vi } from 'vitest'
import { MemorySessionStore, SessionManager, type SocketConfigContext } from '../../src/index.js'
import { FakeBaileys } from '../../src/testing/index.js'
import { silentLogger } from '../../src/logger.js'
import { deferred, never } from '../support/deferred.js'
import { inFakeTime, pass, refusing, scenario, welcoming, within } from '../support/scenario.js'

inFakeTime()

describe('socketConfig', () => {
  it('as an object goes to every socket, beside what the library adds', async () => {
    const made = scenario({ socketConfig: { browser: ['Shop', 'Chrome', '1'], markOnlineOnConnect: false } })
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    expect(made.socket().config).toMatchObject({
      browser: ['Shop', 'Chrome', '1'],
      markOnlineOnConnect: false,
      auth: { creds: expect.any(Object), keys: expect.any(Object) },
    })
    expect(made.socket().config.transactionOpts).toMatchObject({ maxCommitRetries: 1 })
  })

  it('as a function is called for every dial, with the attempt and one shared object per session', async () => {
    const asked: [string, SocketConfigContext][] = []
    const made = scenario({
      socketConfig: (sessionId, context) => {
        asked.push([sessionId, context])
        return {}
      },
    })
    await made.store.seed('a')
    await made.store.seed('b')
    made.script = (socket, index) => {
      ;(index < 2 ? refusing(428) : welcoming)(socket, index)
    }
    await within(made.sessions.restoreSession('a'))
    await within(made.sessions.restoreSession('b'))
    await made.baileys.sockets[2]?.close(428)
    await pass(5000)
    expect(asked.map(([sessionId, { attempt }]) => `${sessionId} ${attempt}`)).toEqual(['a 1', 'a 2', 'a 3', 'b 1', 'a 4'])
    const shared = (id: string): Set<unknown> => new Set(asked.filter(([sessionId]) => sessionId === id).map(([, context]) => context.shared))
    expect([shared('a').size, shared('b').size]).toEqual([1, 1])
    expect([...shared('a')][0]).not.toBe([...shared('b')][0])
  })

  it('counts attempts from one again after a stable connection', async () => {
    const attempts: number[] = []
    const made = scenario({
      socketConfig: (_sessionId, { attempt }) => {
        attempts.push(attempt)
        return {}
      },
    })
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    await pass(61_000)
    await made.socket().close(428)
    await pass(5000)
    expect(attempts).toEqual([1, 2])
  })

  it('may be asynchronous, and is waited for', async () => {
    const thinking = deferred<object>()
    const made = scenario({ socketConfig: () => thinking.promise })
    await made.store.seed('s')
    const restoring = made.sessions.restoreSession('s')
    await pass(5000)
    expect(made.baileys.sockets).toHaveLength(0)
    thinking.resolve({ markOnlineOnConnect: false })
    await within(restoring)
    expect(made.socket().config.markOnlineOnConnect).toBe(false)
  })

  it('that never answers holds no place among the dials, and is given up after connectTimeoutMs', async () => {
    const made = scenario({ connectTimeoutMs: 10_000, dials: { concurrency: 1 }, socketConfig: (sessionId) => (sessionId === 'stuck' ? never() : {}) })
    await made.store.seed('stuck')
    await made.store.seed('fine')
    void made.sessions.restoreSession('stuck')
    await pass(1000)
    const startedAt = Date.now()
    expect(await within(made.sessions.connect('fine'))).toMatchObject({ status: 'connected' })
    expect(Date.now() - startedAt).toBeLessThan(2000)
    await pass(9000)
    expect(made.events('disconnected')).toMatchObject([{ sessionId: 'stuck', cause: 'connect_timeout' }])
    expect((await made.sessions.getStatus('stuck')).lastDisconnect?.message).toMatch(/socketConfig/)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no cache')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no cache'))],
    ['answers with nothing', () => undefined as unknown as object],
    ['answers with credentials', () => ({ auth: {} })],
  ])('that %s is told, and tried again with back-off', async (_name, broken) => {
    let isBroken = true
    const made = scenario({ socketConfig: () => (isBroken ? broken() : {}) })
    await made.store.seed('s')
    void made.sessions.restoreSession('s')
    await pass(100)
    expect(made.events('error')).toMatchObject([{ sessionId: 's', error: { code: 'SOCKET_FAILED' } }])
    expect(made.events('disconnected')).toMatchObject([{ cause: 'socket_failed', willRetry: true }])
    expect(made.baileys.sockets).toHaveLength(0)
    isBroken = false
    await pass(2000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
  })

  it('cannot replace the credentials', () => {
    expect(() => scenario({ socketConfig: { auth: {} } as object })).toThrow(TypeError)
  })

  it('does not give the logger of the manager to Baileys', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const before = made.lines.length
    made.socket().config.logger?.trace({ key: 'secret' }, 'a key')
    expect(made.lines).toHaveLength(before)
  })
})

describe('the socket event', () => {
  it('comes for every new socket, before it has told anything: handlers survive reconnects', async () => {
    const made = scenario()
    await made.store.seed('s')
    const heard: string[] = []
    const first: unknown[] = []
    made.sessions.on('socket', ({ socket }) => {
      let isFirst = true
      socket.ev.on('connection.update', ({ connection }) => {
        if (isFirst) first.push(connection)
        isFirst = false
      })
      socket.ev.on('messages.upsert', ({ messages }) => {
        heard.push(...messages.map(({ key }) => key.id ?? ''))
      })
    })
    await within(made.sessions.restoreSession('s'))
    made.socket().ev.emit('messages.upsert', { messages: [{ key: { id: '1' } }], type: 'notify' })
    await made.socket().close(428)
    await pass(5000)
    made.socket().ev.emit('messages.upsert', { messages: [{ key: { id: '2' } }], type: 'notify' })
    expect([heard, first]).toEqual([
      ['1', '2'],
      ['connecting', 'connecting'],
    ])
  })

  it('a socket that has ended is let go: nothing listens to it any more', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const old = made.socket()
    await old.close(428)
    await pass(5000)
    expect(old.listenerCount()).toBe(0)
    expect(old.ws.listenerCount('unexpected-response')).toBeLessThanOrEqual(1)
  })
})

describe('messages', () => {
  it('can be translated, in snapshots and events', async () => {
    const made = scenario({ messages: { connected: 'Verbunden.', connection_lost: 'Weg.', restoring: 'Stelle wieder her...' } })
    await made.store.seed('s')
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ message: 'Stelle wieder her...' })
    await pass(10)
    await made.socket().close(428)
    await pass(10)
    expect(made.events('status').map(({ message }) => message)).toEqual(['Stelle wieder her...', 'Verbunden.', 'Weg.'])
    expect(await within(made.sessions.getStatus('other'))).toMatchObject({ message: 'No phone is linked yet.' })
  })
})

describe('a Baileys that cannot make an identity', () => {
  it('is a dial that failed: the caller is told, and nothing is left hanging', async () => {
    const fake = new FakeBaileys()
    const broken = {
      makeWASocket: fake.makeWASocket,
      proto: fake.proto,
      initAuthCreds: () => {
        throw new Error('no entropy')
      },
    }
    const errors: string[] = []
    const sessions = new SessionManager({ store: new MemorySessionStore(), baileys: broken, retry: { maxRetries: 1, jitter: 'none' } })
    sessions.on('error', ({ error }) => {
      errors.push(`${error.code}: ${error.message}`)
    })
    expect(await within(sessions.connect('s'))).toMatchObject({ status: 'reconnecting', lastDisconnect: { cause: 'socket_failed', message: 'no entropy' } })
    await pass(1000)
    expect(await within(sessions.getStatus('s'))).toMatchObject({ status: 'disconnected', reason: 'socket_failed' })
    expect(errors).toEqual(Array.from({ length: 2 }, () => 'SOCKET_FAILED: The socket of session "s" could not be created: no entropy'))
    expect(await within(sessions.close())).toEqual({ closed: ['s'], notDrained: [] })
  })
})

describe('a mistake in socketConfig', () => {
  const broken = { maxRetries: 1, jitter: 'none' } as const

  it('has a reason and a sentence of its own, and is the cause of what rejects', async () => {
    const mistake = new Error('proxy is not defined')
    const made = scenario({
      retry: broken,
      socketConfig: () => {
        throw mistake
      },
    })
    expect(await within(made.sessions.connect('s'))).toMatchObject({
      status: 'reconnecting',
      reason: 'socket_failed',
      message: expect.stringContaining('"socketConfig" threw'),
    })
    await pass(1000)
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'disconnected', reason: 'socket_failed' })
    const error = await within(made.sessions.waitUntilConnected('s')).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringMatching(/The last attempt ended with: proxy is not defined$/),
      cause: mistake,
    })
  })

  it('is a warning of the process, once, where nobody listens and nothing is logged', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
    const sessions = new SessionManager({
      store: new MemorySessionStore(),
      baileys: new FakeBaileys(),
      retry: broken,
      socketConfig: () => {
        throw new Error('proxy is not defined')
      },
    })
    await within(sessions.connect('s'))
    await pass(1000)
    await within(sessions.close())
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/could not be created: proxy is not defined \(SOCKET_FAILED\)/), { code: 'BAILEYS_SESSIONS_ERROR' }],
    ])
  })

  it('is no warning where somebody listens, or a logger is given', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
    const options = {
      store: new MemorySessionStore(),
      baileys: new FakeBaileys(),
      retry: broken,
      socketConfig: () => {
        throw new Error('proxy is not defined')
      },
    }
    const listening = new SessionManager(options).on('error', () => undefined)
    const logging = new SessionManager({ ...options, logger: silentLogger() })
    for (const sessions of [listening, logging]) {
      await within(sessions.connect('s'))
      await pass(1000)
      await within(sessions.close())
    }
    expect(warn).not.toHaveBeenCalled()
  })
})

describe('a first connect without a network', () => {
  it('speaks of no connection that was lost, and rejects with what was in the way', async () => {
    const made = scenario({
      retry: { maxRetries: 1, jitter: 'none' },
      script: (socket) => {
        void socket.close({ code: 408, message: 'WebSocket Error (getaddrinfo ENOTFOUND web.whatsapp.com)' })
      },
    })
    expect(await within(made.sessions.connect('s'))).toMatchObject({
      status: 'reconnecting',
      reason: 'connection_lost',
      message: 'Could not connect. Trying again...',
    })
    await pass(1000)
    const error = await within(made.sessions.waitUntilConnected('s')).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringContaining('ENOTFOUND'),
      cause: { message: expect.stringContaining('ENOTFOUND') },
    })
  })
})
