import { describe, expect, it } from 'vitest'
import { codeOf, inFakeTime, pass, refusing, scenario, silent, welcoming, within, type Scenario, type Script } from '../support/scenario.js'

inFakeTime()

const named = (count: number): string[] => Array.from({ length: count }, (_, index) => `s${index}`)

async function seed(made: Scenario, count: number): Promise<string[]> {
  for (const [index, id] of named(count).entries()) await made.store.seed(id, { phone: String(49_151_000_000 + index) })
  return named(count)
}

/** When each socket was made, in milliseconds since now. */
function watchDials(made: Scenario, then: Script = welcoming): { times: number[]; mostInFlight: () => number } {
  const startedAt = Date.now()
  const times: number[] = []
  let [inFlight, most] = [0, 0]
  made.script = (socket, index) => {
    times.push(Date.now() - startedAt)
    most = Math.max(most, ++inFlight)
    setTimeout(() => {
      inFlight -= 1
      then(socket, index)
    }, 250)
  }
  return { times, mostInFlight: () => most }
}

/** The sessions that are dialled from now on, in order. */
function watchOrder({ sessions }: Scenario): string[] {
  const order: string[] = []
  sessions.on('socket', ({ sessionId }) => {
    order.push(sessionId)
  })
  return order
}

/** The dial under way is answered, then the next one, and so on. */
async function openInTurn(made: Scenario, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    made.socket().open()
    await pass(10)
  }
}

/** Another process runs the session and goes away. */
async function takeOver({ sessions, store }: Scenario): Promise<void> {
  const lease = await store.inner.lock.acquire('s')
  expect(await within(sessions.restoreSession('s'))).toMatchObject({ reason: 'owned_elsewhere' })
  await lease?.release()
}

const mostWithinASecond = (times: readonly number[]): number =>
  Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + 1000).length))

describe('dials that are never answered', () => {
  it('leave places for a reconnect and for a person', async () => {
    const made = scenario({
      connectTimeoutMs: 20_000,
      restore: { delayMs: 0, concurrency: 100 },
      dials: { concurrency: 8, perSecond: 1000 },
      retry: { maxRetries: 0 },
    })
    await seed(made, 30)
    await made.store.seed('fine', { phone: '49160000000' })
    await made.store.seed('asked', { phone: '49160000001' })
    made.script = (socket, index) => {
      ;(socket.phoneNumber?.startsWith('4916') === true ? welcoming : silent)(socket, index)
    }
    await within(made.sessions.restoreSession('fine'))
    const fine = made.socket()
    void made.sessions.restoreAll({ filter: ({ sessionId }) => sessionId !== 'asked' })
    await pass(200_000)
    const startedAt = Date.now()
    await fine.close(428)
    await within(made.sessions.waitUntilConnected('fine'))
    await within(made.sessions.connect('asked'))
    expect(Date.now() - startedAt).toBeLessThan(5000)
  })

  it('hold up no other restore for longer than one of them takes', async () => {
    const made = scenario({ connectTimeoutMs: 20_000, restore: { delayMs: 0, concurrency: 2 }, dials: { perSecond: 1000 } })
    await seed(made, 6)
    made.script = (socket, index) => {
      ;(socket.phoneNumber === '49151000000' || socket.phoneNumber === '49151000001' ? silent : welcoming)(socket, index)
    }
    const results: string[] = []
    const report = made.sessions.restoreAll({ onProgress: ({ result }) => results.push(`${result.sessionId} ${result.outcome}`) })
    await pass(20_500)
    expect(results.sort()).toEqual(['s2 restored', 's3 restored', 's4 restored', 's5 restored'])
    expect(await within(report)).toMatchObject({ total: 6, retrying: [{ sessionId: 's0' }, { sessionId: 's1' }] })
  })
})

describe('invariant 10: every dial passes one limiter', () => {
  it('invariant 10: a restore of 200 sessions keeps to its pace and to the limits', async () => {
    const made = scenario({ restore: { delayMs: 10, concurrency: 50 }, dials: { concurrency: 4, perSecond: 10 } })
    await seed(made, 200)
    const dials = watchDials(made)
    let [running, most] = [0, 0]
    const going = new Set<string>()
    made.sessions.on('status', ({ sessionId, status }) => {
      if (status === 'connecting') going.add(sessionId)
      if (status === 'connected') going.delete(sessionId)
      running = going.size
      most = Math.max(most, running)
    })
    const report = await within(made.sessions.restoreAll())
    expect([report.total, report.restored.length]).toEqual([200, 200])
    expect(made.baileys.sockets).toHaveLength(200)
    expect(mostWithinASecond(dials.times)).toBeLessThanOrEqual(10)
    expect(dials.mostInFlight()).toBeLessThanOrEqual(4)
    expect(most).toBeLessThanOrEqual(50)
  })

  it('invariant 10: by default five at once, a second apart', async () => {
    const made = scenario({ script: silent })
    await seed(made, 20)
    const dials = watchDials(made, (socket, index) => {
      setTimeout(() => {
        welcoming(socket, index)
      }, 10_000)
    })
    const restoring = made.sessions.restoreAll()
    await pass(9500)
    expect(dials.times).toEqual([0, 1000, 2000, 3000, 4000])
    await within(restoring)
    expect(dials.times).toHaveLength(20)
  })

  it('invariant 10: a loss of all 200 at once is no storm', async () => {
    const limited = scenario({ restore: { delayMs: 0, concurrency: 200 }, dials: { concurrency: 20, perSecond: 10 }, reconnect: { jitter: 'none' } })
    await seed(limited, 200)
    await within(limited.sessions.restoreAll())
    await pass(60_000)
    const dials = watchDials(limited)
    for (const socket of [...limited.baileys.sockets]) void socket.close(428)
    await pass(70_000)
    expect(mostWithinASecond(dials.times)).toBeLessThanOrEqual(10)
    expect(dials.times).toHaveLength(200)
    expect((await within(limited.sessions.getStatuses())).every(({ isConnected }) => isConnected)).toBe(true)
    expect(limited.mostSockets()).toBe(1)
  })

  it('invariant 10: what a person waits for goes before polls, and polls before bulk work', async () => {
    const made = scenario({ script: silent, dials: { concurrency: 1, perSecond: 1000 }, restore: { delayMs: 0, concurrency: 10 } })
    for (const id of ['first', 'bulk', 'poll', 'person']) await made.store.seed(id, { phone: `4915100000${id.length}` })
    const order = watchOrder(made)
    void made.sessions.restoreAll({
      filter: ({ sessionId }) => sessionId === 'first' || sessionId === 'bulk',
      priority: ({ sessionId }) => (sessionId === 'first' ? 1 : 0),
    })
    await pass(10)
    void made.sessions.getStatus('poll')
    void made.sessions.connect('person')
    await pass(10)
    await openInTurn(made, 4)
    expect(order).toEqual(['first', 'person', 'poll', 'bulk'])
  })

  it('invariant 10: somebody who waits lets a queued bulk dial overtake', async () => {
    const made = scenario({ script: silent, dials: { concurrency: 1, perSecond: 1000 }, restore: { delayMs: 0, concurrency: 10 } })
    for (const id of ['a', 'b', 'c']) await made.store.seed(id)
    const order = watchOrder(made)
    void made.sessions.restoreAll()
    await pass(10)
    void made.sessions.connect('c')
    await pass(10)
    await openInTurn(made, 3)
    expect(order).toEqual(['a', 'c', 'b'])
  })

  it('invariant 10: a reconnect goes before bulk work, and after a status', async () => {
    const made = scenario({
      dials: { concurrency: 1, perSecond: 1000 },
      restore: { delayMs: 0, concurrency: 10 },
      reconnect: { jitter: 'none', initialDelayMs: 100 },
    })
    for (const id of ['lost', 'first', 'bulk', 'poll']) await made.store.seed(id, { phone: `4915100000${id.length}` })
    await within(made.sessions.restoreAll({ filter: ({ sessionId }) => sessionId === 'lost' }))
    const lost = made.socket()
    const order = watchOrder(made)
    made.script = silent
    void made.sessions.restoreAll({
      filter: ({ sessionId }) => sessionId !== 'lost' && sessionId !== 'poll',
      priority: ({ sessionId }) => (sessionId === 'first' ? 1 : 0),
    })
    await pass(10)
    void lost.close(428)
    await pass(200)
    void made.sessions.getStatus('poll')
    await pass(10)
    expect(order).toEqual(['first'])
    await openInTurn(made, 4)
    expect(order).toEqual(['first', 'poll', 'lost', 'bulk'])
  })

  it.each([
    [
      'of a logout',
      async ({ sessions }: Scenario) => {
        void codeOf(sessions.logout('s', { timeoutMs: 60_000 }))
      },
    ],
    [
      'of a pairing',
      async ({ sessions, store }: Scenario) => {
        await store.inner.delete('s')
        void codeOf(sessions.connect('s'))
      },
    ],
    ['that takes over from another process', takeOver],
  ] as const)('invariant 10: the dial %s waits for its turn', async (_name, begin) => {
    const made = scenario({ script: silent, dials: { concurrency: 1, perSecond: 1000 } })
    for (const id of ['first', 's']) await made.store.seed(id)
    void made.sessions.restoreSession('first')
    await pass(10)
    const order = watchOrder(made)
    await begin(made)
    await pass(10_000)
    expect(order).toEqual([])
    expect(await made.sessions.getStatus('s', { restore: false })).toMatchObject({ status: 'connecting', isLocal: true })
    await openInTurn(made, 1)
    expect(order).toEqual(['s'])
  })

  it('invariant 10: a QR code that waits for a phone holds up no other dial', async () => {
    const made = scenario({ dials: { concurrency: 1 } })
    await made.store.seed('paired')
    await within(made.sessions.connect('pairing'))
    expect(await within(made.sessions.restoreSession('paired'))).toMatchObject({ outcome: 'restored' })
  })

  it('invariant 10: a dial that was given up gives its place back', async () => {
    const made = scenario({ script: silent, dials: { concurrency: 1, perSecond: 100 }, connectTimeoutMs: 5000 })
    for (const id of ['a', 'b']) await made.store.seed(id)
    void made.sessions.restoreSession('a')
    const restoring = made.sessions.restoreSession('b')
    await pass(4000)
    expect(made.baileys.sockets).toHaveLength(1)
    made.script = welcoming
    await pass(1500)
    expect(await within(restoring)).toMatchObject({ outcome: 'restored' })
  })
})

describe('invariant 11: the back-off', () => {
  it('invariant 11: a connection that opens and closes again and again backs off all the same', async () => {
    const made = scenario({ reconnect: { jitter: 'none', stableAfterMs: 60_000 } })
    const dials: number[] = []
    await made.store.seed('s')
    made.script = (socket, index) => {
      dials.push(Date.now())
      welcoming(socket, index)
      setTimeout(() => {
        void socket.close(428)
      }, 1000)
    }
    void made.sessions.restoreSession('s')
    await pass(400_000)
    const gaps = dials.slice(1).map((time, index) => Math.round((time - (dials[index] ?? 0)) / 1000) - 1)
    expect(gaps.slice(0, 9)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
  })

  it('invariant 11: it starts over after a stable connection, and not before', async () => {
    const made = scenario({ reconnect: { jitter: 'none', stableAfterMs: 60_000 } })
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const delayAfter = async (openMs: number): Promise<number> => {
      await pass(openMs)
      await made.socket().close(428)
      const { nextRetryAt } = await made.sessions.getStatus('s')
      const delayMs = (nextRetryAt?.getTime() ?? 0) - Date.now()
      await pass(delayMs + 2000)
      return delayMs
    }
    expect([await delayAfter(10), await delayAfter(10), await delayAfter(40_000)]).toEqual([1000, 2000, 4000])
    expect([await delayAfter(70_000), await delayAfter(10)]).toEqual([1000, 2000])
  })

  it('invariant 11: it has a cap, and goes on for as long as it takes', async () => {
    const made = scenario({ script: refusing(503), reconnect: { jitter: 'none' } })
    await made.store.seed('s')
    void made.sessions.restoreSession('s')
    await pass(3 * 3_600_000)
    expect(made.baileys.sockets.length).toBeGreaterThan(170)
    expect(made.baileys.sockets.length).toBeLessThan(200)
    made.script = welcoming
    await pass(61_000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
  })

  it('invariant 11: it has jitter by default, so that sessions do not dial at one moment', async () => {
    const made = scenario({ reconnect: {}, restore: { delayMs: 0, concurrency: 50 }, dials: { concurrency: 50, perSecond: 1000 } })
    await seed(made, 50)
    await within(made.sessions.restoreAll())
    for (const socket of made.baileys.sockets) void socket.close(428)
    await pass(1)
    const moments = new Set((await within(made.sessions.getStatuses())).map(({ nextRetryAt }) => nextRetryAt?.getTime()))
    expect(moments.size).toBeGreaterThan(25)
  })

  it('a start is retried after 1 s, 2 s and 4 s, each told; then it answers retrying and goes on by itself', async () => {
    const made = scenario({ script: refusing(428) })
    await made.store.seed('s')
    const startedAt = Date.now()
    const dials: number[] = []
    made.sessions.on('socket', () => {
      dials.push(Date.now() - startedAt)
    })
    const result = await within(made.sessions.restoreSession('s'))
    expect(result).toMatchObject({ outcome: 'retrying', reason: 'retries_exhausted' })
    expect(dials.map((time) => Math.round(time / 100) / 10)).toEqual([0, 1, 3, 7])
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'reconnecting', reason: 'retries_exhausted', attempt: 4 })
    expect(await made.repository.find('s')).toMatchObject({ status: 'reconnecting', reason: 'retries_exhausted' })
    made.script = welcoming
    await pass(9000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
    expect(made.events('connected')).toMatchObject([{ restored: true }])
  })

  it('finite reconnects that are used up end as failed, with the credentials kept', async () => {
    const made = scenario({ script: refusing(428), retry: { maxRetries: 0 }, reconnect: { jitter: 'none', maxRetries: 2 } })
    const text = await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    await pass(60_000)
    expect(made.baileys.sockets).toHaveLength(3)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'failed', reason: 'retries_exhausted' })
    expect(await made.store.text('s', 'creds')).toBe(text)
    made.script = welcoming
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'restored' })
  })

  it('a policy of the application is asked for each wait', async () => {
    const asked: unknown[] = []
    const made = scenario({
      script: refusing(503),
      retry: ({ attempt, cause, sessionId }) => {
        asked.push([attempt, cause, sessionId])
        return attempt < 3 ? 100 : null
      },
      reconnect: () => null,
    })
    await made.store.seed('s')
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'failed', reason: 'retries_exhausted' })
    expect(asked).toEqual([
      [1, 'server_unavailable', 's'],
      [2, 'server_unavailable', 's'],
      [3, 'server_unavailable', 's'],
    ])
  })
})

describe('the watchdog', () => {
  it('ends a dial that nobody answers, from the dial on and not from the queue', async () => {
    const made = scenario({ script: silent, connectTimeoutMs: 10_000, dials: { concurrency: 1 } })
    for (const id of ['a', 'b']) await made.store.seed(id)
    void made.sessions.restoreSession('a')
    void made.sessions.restoreSession('b')
    await pass(10_100)
    expect(made.events('disconnected')).toMatchObject([{ sessionId: 'a', cause: 'connect_timeout', code: null, willRetry: true }])
    expect(made.baileys.sockets[0]?.isDestroyed).toBe(true)
    await pass(9000)
    expect(made.events('disconnected').filter(({ sessionId }) => sessionId === 'b')).toEqual([])
    await pass(2000)
    expect(made.events('disconnected').filter(({ sessionId }) => sessionId === 'b')).toHaveLength(1)
  })

  it('counts a socketConfig that never answers, too', async () => {
    const made = scenario({ connectTimeoutMs: 10_000, socketConfig: () => new Promise(() => undefined) })
    await made.store.seed('s')
    void made.sessions.restoreSession('s')
    await pass(10_100)
    expect(made.events('disconnected')).toMatchObject([{ cause: 'connect_timeout' }])
  })

  it('leaves a QR code, and an open connection, alone', async () => {
    const made = scenario({ connectTimeoutMs: 10_000 })
    await made.store.seed('s')
    await within(made.sessions.connect('pairing'))
    await within(made.sessions.restoreSession('s'))
    await pass(300_000)
    expect(made.events('disconnected')).toEqual([])
  })
})
