import { describe, expect, it } from 'vitest'
import { codeOf, inFakeTime, pass, refusing, scenario, welcoming, within, type Script } from '../support/scenario.js'
import { seededRandom } from '../support/seeded-random.js'
import { WatchedSessionStore } from '../support/watched-session-store.js'

inFakeTime()

/** A server that does now this, now that. */
function moody(random: ReturnType<typeof seededRandom>): Script {
  return (socket, index) => {
    const mood = random.pick(['open', 'open', 'open', 'lost', 'restart', 'unavailable', 'dropped later'])
    if (mood === 'lost') refusing(428)(socket, index)
    else if (mood === 'restart') refusing(515)(socket, index)
    else if (mood === 'unavailable') refusing(503)(socket, index)
    else welcoming(socket, index)
    if (mood === 'dropped later')
      setTimeout(() => {
        void socket.close(408)
      }, 200)
  }
}

describe('invariant 1: at most one live socket per session', () => {
  it('invariant 1: 50 concurrent calls make one', async () => {
    const made = scenario()
    await made.store.seed('s')
    const { sessions } = made
    const calls = Array.from({ length: 50 }, (_, index) =>
      index % 3 === 0 ? sessions.connect('s') : index % 3 === 1 ? sessions.restoreSession('s') : sessions.getStatus('s'),
    )
    await within(Promise.all(calls))
    await pass(5000)
    expect([made.baileys.sockets.length, made.mostSockets()]).toEqual([1, 1])
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('invariant 1: whatever is called, and whatever the server does (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const made = scenario({
      script: moody(random),
      reconnect: { jitter: 'none', initialDelayMs: 50, maxDelayMs: 500 },
      retry: { jitter: 'none', initialDelayMs: 20 },
    })
    await made.store.seed('s')
    made.store.before = () =>
      new Promise((resolve) => {
        setTimeout(resolve, random.below(30))
      })
    const { sessions } = made
    const verbs = [
      () => sessions.connect('s'),
      () => sessions.restoreSession('s'),
      () => sessions.getStatus('s'),
      () => sessions.stop('s'),
      () => sessions.restoreSession('s', { force: true }),
    ] as const
    const calls: Promise<string>[] = []
    for (let step = 0; step < 50; step += 1) {
      calls.push(codeOf(random.pick(verbs)()))
      await pass(random.below(80))
    }
    await within(Promise.all(calls))
    expect(made.mostSockets()).toBe(1)
    made.script = welcoming
    expect(await within(sessions.connect('s'))).toMatchObject({ sessionId: 's' })
    await pass(10_000)
    expect(await sessions.getStatus('s')).toMatchObject({ status: 'connected' })
    expect(made.baileys.sockets.filter((socket) => !socket.isDestroyed)).toHaveLength(1)
    expect(made.mostSockets()).toBe(1)
  })

  it('invariant 1: a lost socket is closed for good before the next one is made', async () => {
    const made = scenario({ reconnect: { jitter: 'none', initialDelayMs: 0, maxDelayMs: 0 } })
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    for (let round = 0; round < 5; round += 1) {
      const old = made.socket()
      old.ending = 'half-open'
      void old.close(428)
      old.ev.emit('connection.update', { connection: 'close', lastDisconnect: { error: undefined, date: new Date() } })
      await pass(5000)
      expect(old.isDestroyed).toBe(true)
    }
    expect([made.baileys.sockets.length, made.mostSockets()]).toEqual([6, 1])
  })

  it('invariant 1: two managers that share a lock run it once', async () => {
    const store = new WatchedSessionStore()
    await store.seed('s')
    const [one, two] = [scenario({ store }), scenario({ store })]
    const results = await within(
      Promise.all([one.sessions.restoreSession('s'), two.sessions.restoreSession('s'), codeOf(one.sessions.connect('s')), codeOf(two.sessions.connect('s'))]),
    )
    await pass(60_000)
    expect([...one.baileys.sockets, ...two.baileys.sockets].filter((socket) => !socket.isDestroyed)).toHaveLength(1)
    expect(one.baileys.sockets.length + two.baileys.sockets.length).toBe(1)
    expect(results).toContain('OWNED_ELSEWHERE')
  })

  it('invariant 1: a second look at a QR code is not a second pairing', async () => {
    const made = scenario()
    const snapshots = await within(Promise.all(Array.from({ length: 20 }, () => made.sessions.connect('s'))))
    expect(new Set(snapshots.map(({ qr }) => qr))).toEqual(new Set(['the-qr']))
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'pairing', qr: 'the-qr' })
    expect(made.baileys.sockets).toHaveLength(1)
  })
})
