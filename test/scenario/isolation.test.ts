import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SessionError, type RestoreCandidate } from '../../src/index.js'
import { SESSION_EVENTS } from '../support/event-names.js'
import { codeOf, inFakeTime, pass, refusing, scenario, silent, welcoming, within, type Scenario } from '../support/scenario.js'
import { WatchedSessionStore } from '../support/watched-session-store.js'

inFakeTime()

const unhandled: unknown[] = []
const note = (reason: unknown): void => {
  unhandled.push(reason)
}

beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})
afterEach(() => {
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

/** Everything that a session may live through. */
async function liveThroughAll(made: Scenario): Promise<void> {
  await within(made.sessions.connect('s'))
  await within(made.sessions.requestPairingCode('s', '4915112345678'))
  made.socket().pairSuccess({ phone: '4915112345678' })
  await made.socket().close(515)
  await pass(10)
  await made.socket().close(428)
  await pass(5000)
  damageCreds(made)
  made.script = refusing(401)
  await made.socket().close(428)
  await pass(120_000)
  await within(made.sessions.restoreSession('s'))
  await within(made.sessions.delete('s'))
}

/** From now on the store has but its copy of the creds. */
function damageCreds({ store }: Scenario): void {
  const read = store.inner.read.bind(store.inner)
  store.inner.read = async (sessionId, keys) =>
    (await read(sessionId, keys)).map((record) => (record.type === 'creds' ? { ...record, restoredFrom: 'backup' as const } : record))
}

describe('invariant 9: listeners of the manager', () => {
  const ways = {
    throws: () => {
      throw new Error('a listener broke')
    },
    rejects: () => Promise.reject(new Error('a listener broke')),
  } as const

  it.each(SESSION_EVENTS.flatMap((name) => (['throws', 'rejects'] as const).map((way) => [name, way] as const)))(
    'invariant 9: one of "%s" that %s changes nothing',
    async (name, way) => {
      const told = async (isBroken: boolean): Promise<string[]> => {
        const made = scenario()
        if (isBroken) made.sessions.on(name, ways[way])
        await liveThroughAll(made)
        const { statuses, events, baileys } = made
        const failures = events('error').map(({ error }) => error.code)
        if (isBroken && name !== 'error') expect(failures).toContain('LISTENER_FAILED')
        return [...statuses(), `${baileys.sockets.length} sockets`, ...failures.filter((code) => code !== 'LISTENER_FAILED')]
      }
      expect(await told(true)).toEqual(await told(false))
    },
  )

  it('invariant 9: a listener of "error" that breaks is logged, and is not told of itself', async () => {
    const made = scenario()
    let calls = 0
    made.sessions.on('error', () => {
      calls += 1
      throw new Error('broken, too')
    })
    made.sessions.on('status', () => {
      throw new Error('broken')
    })
    await within(made.sessions.connect('s'))
    expect(calls).toBe(made.events('error').length)
    expect(made.lines.join()).toContain('a listener of \\"error\\" failed')
  })

  it('invariant 9: says whose listener failed, and why', async () => {
    const made = scenario()
    const cause = new Error('a listener broke')
    made.sessions.on('qr', () => {
      throw cause
    })
    await within(made.sessions.connect('s'))
    expect(made.events('error')).toMatchObject([
      { sessionId: 's', error: { code: 'LISTENER_FAILED', sessionId: 's', message: expect.stringContaining('"qr"'), cause } },
    ])
  })

  it('a listener may call the manager', async () => {
    const made = scenario()
    await made.store.seed('s')
    made.sessions.on('connected', ({ sessionId }) => made.sessions.stop(sessionId))
    await within(made.sessions.restoreSession('s'))
    await pass(100)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'disconnected', reason: 'stopped' })
    const other = scenario()
    await other.store.seed('s')
    other.sessions.on('disconnected', async ({ sessionId }) => {
      await other.sessions.connect(sessionId)
    })
    other.sessions.on('status', async () => {
      await other.sessions.close()
    })
    await codeOf(within(other.sessions.restoreSession('s')))
  })
})

describe('invariant 9: functions of the application', () => {
  it('invariant 9: a retry policy that throws, or answers nonsense, costs a delay and no session', async () => {
    for (const answer of [
      () => {
        throw new Error('policy broke')
      },
      () => NaN,
      () => 'soon' as unknown as number,
    ]) {
      const made = scenario({ retry: { jitter: 'none' }, reconnect: answer })
      await made.store.seed('s')
      await within(made.sessions.restoreSession('s'))
      await made.socket().close(428)
      await pass(10)
      expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'reconnecting' })
      await pass(31_000)
      expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
      expect(made.events('error').map(({ error }) => error.code)).toEqual(['LISTENER_FAILED'])
    }
  })

  it('invariant 9: an onProgress that throws stops nothing', async () => {
    const made = scenario({ restore: { delayMs: 0 } })
    for (const id of ['a', 'b', 'c']) await made.store.seed(id)
    const report = await within(
      made.sessions.restoreAll({
        onProgress: () => {
          throw new Error('progress broke')
        },
      }),
    )
    expect(report.restored).toHaveLength(3)
    expect(made.events('error').map(({ error }) => error.code)).toEqual(['LISTENER_FAILED', 'LISTENER_FAILED', 'LISTENER_FAILED'])
  })

  it('invariant 9: a handler of Baileys that throws on the close keeps no session from coming back', async () => {
    const made = scenario()
    await made.store.seed('s')
    made.sessions.on('socket', ({ socket }) => {
      socket.ev.on('connection.update', ({ connection }) => {
        if (connection === 'close') throw new Error('handler broke')
      })
    })
    await within(made.sessions.restoreSession('s'))
    await made
      .socket()
      .close(428)
      .catch(() => undefined)
    await pass(5000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
    expect(made.baileys.sockets).toHaveLength(2)
  })

  it('invariant 9: makeWASocket that throws is told and tried again', async () => {
    const made = scenario()
    await made.store.seed('s')
    made.baileys.failNext(new Error('makeWASocket broke'))
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'restored' })
    expect(made.events('error')).toMatchObject([{ sessionId: 's', error: { code: 'SOCKET_FAILED' } }])
    expect(made.events('disconnected')).toMatchObject([{ cause: 'socket_failed', willRetry: true }])
  })
})

describe('invariant 9: one session and the others', () => {
  it('invariant 9: whatever is wrong with one, the others connect', async () => {
    const made = scenario({ restore: { delayMs: 0 } })
    await made.store.seed('good', { phone: '49151000001' })
    await made.store.inner.write('corrupt', [{ type: 'creds', id: '', value: '{' }])
    await made.store.seed('locked')
    await made.store.seed('unreadable')
    await made.store.seed('thrown')
    await made.store.inner.lock.acquire('locked')
    made.store.before = ({ verb, sessionId }) => {
      if (sessionId === 'unreadable' && verb === 'read') throw new Error('EIO')
      if (sessionId === 'thrown' && verb === 'acquire') throw new TypeError('not a store error')
    }
    const report = await within(made.sessions.restoreAll())
    const outcome = (list: { sessionId: string; reason: string | null }[]): string[] =>
      list.map(({ sessionId, reason }) => `${sessionId} ${reason ?? ''}`.trim()).sort()
    expect([outcome(report.restored), outcome(report.retrying), outcome(report.skipped), outcome(report.failed)]).toEqual([
      ['good'],
      ['thrown storage_unavailable', 'unreadable storage_unavailable'],
      ['locked owned_elsewhere'],
      ['corrupt credentials_corrupt'],
    ])
  })

  it('invariant 9: promises settle, whatever becomes of the session', async () => {
    const ends: ((made: Scenario) => Promise<unknown>)[] = [
      ({ sessions }) => sessions.stop('s'),
      ({ sessions }) => sessions.logout('s', { timeoutMs: 1000 }),
      ({ sessions }) => sessions.delete('s'),
      ({ sessions }) => sessions.close(),
    ]
    for (const end of ends) {
      const made = scenario({ script: silent })
      await made.store.seed('s')
      const { sessions } = made
      const waiting = [sessions.connect('s'), sessions.restoreSession('s'), sessions.waitUntilConnected('s'), sessions.restoreAll()].map(codeOf)
      await pass(100)
      await within(codeOf(end(made)))
      const codes = await within(Promise.all(waiting), 5000)
      expect(codes).toHaveLength(4)
      expect(codes[2]).not.toBe('resolved')
    }
  })

  it('invariant 9: a caller that leaves takes nobody along', async () => {
    const made = scenario({ script: silent })
    await made.store.seed('s')
    const stop = new AbortController()
    const leaving = codeOf(made.sessions.connect('s', { signal: stop.signal }))
    const restoring = made.sessions.restoreSession('s', { signal: stop.signal })
    const impatient = codeOf(made.sessions.connect('s', { timeoutMs: 50 }))
    const staying = made.sessions.connect('s')
    await pass(100)
    stop.abort(new SessionError('ABORTED', 'enough'))
    expect(await within(Promise.all([leaving, impatient, restoring]))).toMatchObject(['ABORTED', 'CONNECT_TIMEOUT', { outcome: 'skipped', reason: 'aborted' }])
    made.socket().open()
    expect(await within(staying)).toMatchObject({ status: 'connected' })
  })
})

describe('waitUntilConnected', () => {
  it('starts nothing, and resolves when somebody else did', async () => {
    const made = scenario()
    await made.store.seed('s')
    const waiting = made.sessions.waitUntilConnected('s')
    await pass(1000)
    expect(made.baileys.sockets).toHaveLength(0)
    await within(made.sessions.connect('s'))
    expect(await waiting).toBe(made.socket())
    expect(await within(made.sessions.waitUntilConnected('s'))).toBe(made.sessions.getSocket('s'))
  })

  it('rejects at its deadline', async () => {
    const made = scenario({ script: silent, connectTimeoutMs: 5000 })
    await made.store.seed('s')
    expect(await within(codeOf(made.sessions.waitUntilConnected('s', { timeoutMs: 100 })))).toBe('CONNECT_TIMEOUT')
    const startedAt = Date.now()
    expect(await within(codeOf(made.sessions.waitUntilConnected('s')))).toBe('CONNECT_TIMEOUT')
    expect(Date.now() - startedAt).toBe(5000)
  })

  it.each([
    ['never paired', undefined, 'NOT_PAIRED'],
    ['logged out', { loggedOutAt: new Date() }, 'LOGGED_OUT'],
    ['stopped', { desired: 'stopped' }, 'ABORTED'],
    ['restricted', { verdict: { kind: 'restricted', until: null } }, 'CONNECT_FAILED'],
  ] as const)('rejects at once when a person is needed: %s', async (_name, lifecycle, code) => {
    const made = scenario()
    if (lifecycle !== undefined) await made.store.seed('s', {}, lifecycle)
    expect(await within(codeOf(made.sessions.waitUntilConnected('s')))).toBe(code)
  })

  it('rejects when it turns out that a person is needed', async () => {
    const made = scenario({ script: silent })
    await made.store.seed('s')
    void made.sessions.restoreSession('s')
    await pass(10)
    const waiting = codeOf(made.sessions.waitUntilConnected('s'))
    await made.socket().close(403)
    expect(await within(waiting)).toBe('CONNECT_FAILED')
  })

  it('waits through retries', async () => {
    const made = scenario({ script: refusing(428) })
    await made.store.seed('s')
    void made.sessions.restoreSession('s')
    const waiting = made.sessions.waitUntilConnected('s')
    await pass(5000)
    made.script = welcoming
    expect(await within(waiting)).toBe(made.socket())
  })
})

describe('a manager that shares its store', () => {
  it('does not close it', async () => {
    const store = new WatchedSessionStore()
    const closing = vi.spyOn(store, 'close')
    const made = scenario({ store })
    await within(made.sessions.close())
    expect(closing).not.toHaveBeenCalled()
  })
})

describe('restoreAll whose options break', () => {
  it.each([
    ['filter', { filter: ({ record }: RestoreCandidate) => String(record?.metadata['plan']).length > 0 && broken() }],
    ['priority', { priority: broken }],
  ])('rejects when %s throws, before anything is started', async (name, options) => {
    const made = scenario({ restore: { delayMs: 0 } })
    await made.store.seed('a')
    await made.store.seed('b')
    const rejected: unknown = await within(made.sessions.restoreAll(options)).catch((error: unknown) => error)
    expect(rejected).toMatchObject({
      name: 'SessionError',
      code: 'LISTENER_FAILED',
      sessionId: 'a',
      message: expect.stringContaining(name),
      cause: { message: 'no plan' },
    })
    expect(made.baileys.sockets).toEqual([])
    expect(await within(made.sessions.restoreAll())).toMatchObject({ total: 2, restored: [{ sessionId: 'a' }, { sessionId: 'b' }] })
  })
})

describe('a listing of the store', () => {
  it('is closed when it is given up at its deadline', async () => {
    let open = 0
    const made = scenario({
      storeTimeoutMs: 100,
      around: (store) => {
        store.list = async function* () {
          open += 1
          try {
            yield 'a'
            await new Promise((resolve) => {
              setTimeout(resolve, 300)
            })
            yield 'b'
          } finally {
            open -= 1
          }
        }
        return store
      },
    })
    for (let look = 0; look < 3; look += 1) expect(await codeOf(within(made.sessions.getStatuses()))).toBe('STORE_UNAVAILABLE')
    await pass(300)
    expect(open).toBe(0)
  })
})

function broken(): never {
  throw new Error('no plan')
}
