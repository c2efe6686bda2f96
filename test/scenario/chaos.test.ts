import { describe, expect, it, vi } from 'vitest'
import { inspectStoredCreds } from '../../src/auth/stored-session.js'
import type { FakeSocket } from '../../src/testing/index.js'
import { codeOf, inFakeTime, pass, refusing, scenario, type Scenario, silent, welcoming, within } from '../support/scenario.js'
import { seededRandom, type SeededRandom } from '../support/seeded-random.js'
import { WatchedSessionStore } from '../support/watched-session-store.js'

inFakeTime()

/** Alike but for case, a key of every object, a way to another folder: they are four sessions. */
const IDS = ['a', 'A', '__proto__', 'a/b'] as const
const STEPS = 80
const phoneOf = (id: (typeof IDS)[number]): string => `4915100000${IDS.indexOf(id)}`
const identityOf = async ({ store }: Scenario, id: string): Promise<string | null> => {
  const found = inspectStoredCreds((await store.text(id, 'creds')) ?? '')
  return found.kind === 'paired' ? found.identity : null
}

/** Counts up in a record of the session, as a ratchet does: a number that was acknowledged must never be seen to go down. */
class Ratchet {
  readonly rewound: string[] = []
  readonly #acknowledged = new Map<string, number>()

  async turn(socket: FakeSocket): Promise<void> {
    const {
      keys,
      creds: { me },
    } = socket.authState
    const owner = me?.id ?? ''
    try {
      await keys.transaction(async () => {
        const { counter } = await keys.get('lid-mapping', ['counter'])
        const before = Number(counter ?? 0)
        const acknowledged = this.#acknowledged.get(owner) ?? 0
        if (before < acknowledged) this.rewound.push(`${owner}: ${acknowledged} was acknowledged, ${before} was read`)
        await keys.set({ 'lid-mapping': { counter: String(before + 1) } })
      }, owner)
      const { counter } = await keys.get('lid-mapping', ['counter'])
      this.#acknowledged.set(owner, Math.max(this.#acknowledged.get(owner) ?? 0, Number(counter ?? 0)))
    } catch {
      // Nothing was acknowledged.
    }
  }
}

/** A store that is mostly well: now and then a call is slow, fails, or is carried out after its deadline. */
function trouble(store: WatchedSessionStore, random: SeededRandom): void {
  store.before = ({ verb }) => {
    const luck = random.below(100)
    if (luck < 3) throw new Error(`chaos in ${verb}`)
    if (luck < 5)
      return new Promise((resolve) => {
        setTimeout(resolve, 20_000)
      })
    if (luck < 30)
      return new Promise((resolve) => {
        setTimeout(resolve, random.below(200))
      })
    return undefined
  }
}

/** A server that is mostly well: it drops, restarts, refuses and is silent, but judges nobody. */
function moods(made: Scenario, random: SeededRandom, ratchet: Ratchet): void {
  made.script = (socket, index) => {
    const mood = random.pick(['open', 'open', 'open', 'open', 'drop later', 'drop later', 'lost', 'restart', 'unavailable', 'silent'])
    if (mood === 'lost') refusing(428)(socket, index)
    else if (mood === 'restart') refusing(515)(socket, index)
    else if (mood === 'unavailable') refusing(503)(socket, index)
    else if (mood === 'silent') silent(socket, index)
    else {
      welcoming(socket, index)
      for (let turn = 0; turn < 3; turn += 1) void ratchet.turn(socket)
    }
    if (mood === 'drop later')
      setTimeout(() => {
        void socket.close(408)
      }, random.below(3000))
  }
}

/** A server that may do anything, and phones that sometimes scan. */
function judge(made: Scenario, random: SeededRandom): void {
  made.script = (socket, index) => {
    const mood = random.pick(['welcome', 'welcome', 'welcome', 'welcome', 'drop later', 'silent', 401, 403, 411, 428, 429, 440, 515])
    if (typeof mood === 'number') refusing(mood)(socket, index)
    else if (mood === 'silent') silent(socket, index)
    else welcoming(socket, index)
    if (mood === 'drop later')
      setTimeout(() => {
        void socket.close(408)
      }, random.below(3000))
    if (mood === 'welcome')
      setTimeout(() => {
        scan(socket)
      }, random.below(2000))
    if (random.below(4) === 0) socket.ending = 'half-open'
  }
}

function scan(socket: FakeSocket): void {
  if (socket.isEnded || socket.authState.creds.account !== undefined) return
  socket.pairSuccess()
  void socket.close(515)
}

describe('chaos', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('invariants 1, 2, 5, 6, 9, 14: whatever happens, and in which order (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const ratchet = new Ratchet()
    const made = scenario({
      reconnect: { jitter: 'none', initialDelayMs: 100, maxDelayMs: 5000 },
      retry: { jitter: 'none', initialDelayMs: 50 },
      connectTimeoutMs: 5000,
      restore: { delayMs: 10 },
    })
    const { sessions } = made
    for (const id of IDS) await made.store.seed(id, { phone: phoneOf(id) })
    const identities = await Promise.all(IDS.map((id) => identityOf(made, id)))
    trouble(made.store, random)
    moods(made, random, ratchet)
    const calls: Promise<string>[] = []
    for (let step = 0; step < STEPS; step += 1) {
      const id = random.pick(IDS)
      calls.push(
        codeOf(
          random.pick([
            () => sessions.connect(id),
            () => sessions.connect(id),
            () => sessions.restoreSession(id),
            () => sessions.restoreSession(id, { force: true }),
            () => sessions.getStatus(id),
            () => sessions.stop(id),
            () => sessions.restoreAll(),
            () => sessions.getStatuses(),
            () => sessions.waitUntilConnected(id, { timeoutMs: 500 }),
            () => sessions.requestPairingCode(id, '4915112345678'),
          ])(),
        ),
      )
      const socket = made.baileys.sockets.findLast(({ isEnded, phoneNumber }) => !isEnded && phoneNumber === phoneOf(id))
      if (socket?.ws.isOpen === true) void ratchet.turn(socket)
      await pass(random.below(1500))
    }
    made.store.before = () => undefined
    made.script = (socket, index) => {
      welcoming(socket, index)
      void ratchet.turn(socket)
    }
    await within(Promise.all(calls), 3_600_000)
    await pass(120_000)
    for (const id of IDS) await within(sessions.connect(id))
    await pass(120_000)
    expect(ratchet.rewound).toEqual([])
    expect((await Promise.all(IDS.map((id) => sessions.getStatus(id)))).map(({ status }) => status)).toEqual(IDS.map(() => 'connected'))
    expect(await Promise.all(IDS.map((id) => identityOf(made, id)))).toEqual(identities)
    expect(made.mostSockets()).toBe(1)
    expect(made.baileys.sockets.filter(({ isDestroyed }) => !isDestroyed)).toHaveLength(IDS.length)
    expect(await within(sessions.close())).toMatchObject({ notDrained: [] })
    for (const id of IDS) expect(await made.store.inner.lock.owner(id)).toBeNull()
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'invariants 1, 4, 9: two managers, every verb, every verdict; close leaves nothing behind (seed %i)',
    async (seed) => {
      const random = seededRandom(seed)
      const dice = seededRandom(seed + 1)
      vi.spyOn(Math, 'random').mockImplementation(() => dice.below(2 ** 31) / 2 ** 31)
      const store = new WatchedSessionStore()
      const options = {
        store,
        reconnect: { initialDelayMs: 100, maxDelayMs: 5000 },
        retry: { initialDelayMs: 50 },
        connectTimeoutMs: 5000,
        restore: { delayMs: 10 },
      }
      const managers = [scenario(options), scenario(options)] as const
      for (const id of IDS) await store.seed(id, { phone: phoneOf(id) })
      trouble(store, random)
      for (const made of managers) judge(made, random)
      const alive = (): FakeSocket[] => managers.flatMap(({ baileys }) => baileys.sockets.filter(({ isEnded }) => !isEnded))
      const calls: Promise<string>[] = []
      for (let step = 0; step < STEPS; step += 1) {
        const [id, { sessions }] = [random.pick(IDS), random.pick(managers)]
        calls.push(
          codeOf(
            random.pick([
              () => sessions.connect(id),
              () => sessions.restoreSession(id),
              () => sessions.restoreSession(id, { force: true }),
              () => sessions.getStatus(id),
              () => sessions.stop(id),
              () => sessions.restoreAll(),
              () => sessions.getStatuses(),
              () => sessions.waitUntilConnected(id, { timeoutMs: 500 }),
              () => sessions.requestPairingCode(id, '4915112345678'),
              () => sessions.delete(id),
              () => sessions.logout(id, { timeoutMs: 2000 }),
              () => sessions.logout(id, { requireUnlink: true, timeoutMs: 1000 }),
            ])(),
          ),
        )
        await pass(random.below(1500))
        expect(alive().length).toBeLessThanOrEqual(IDS.length)
      }
      store.before = () => undefined
      await within(Promise.all(managers.map(({ sessions }) => sessions.close({ timeoutMs: 60_000 }))), 3_600_000)
      await within(Promise.all(calls), 3_600_000)
      await pass(60_000)
      expect(managers.map(({ mostSockets }) => mostSockets()).every((most) => most <= 1)).toBe(true)
      expect(managers.flatMap(({ baileys }) => baileys.sockets.filter(({ isDestroyed }) => !isDestroyed))).toEqual([])
      expect(await Promise.all(IDS.map((id) => store.inner.lock.owner(id)))).toEqual(IDS.map(() => null))
    },
  )
})
