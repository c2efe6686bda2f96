import { describe, expect, it, vi } from 'vitest'
import { decodeLifecycle } from '../../src/auth/lifecycle-record.js'
import { deferred } from '../support/deferred.js'
import { codeOf, inFakeTime, pass, refusing, scenario, silent, welcoming, within, type Scenario, type Script } from '../support/scenario.js'
import type { StoreCall } from '../support/watched-session-store.js'

inFakeTime()

type Verb = 'stop' | 'logout' | 'delete' | 'close'
const VERBS: readonly Verb[] = ['stop', 'logout', 'delete', 'close']

interface Start {
  readonly name: string
  readonly seed: (made: Scenario) => Promise<unknown>
  readonly begin: (made: Scenario) => Promise<unknown>
  readonly script: Script
  /** How many store calls it makes until it has come to rest. */
  readonly calls: number
}

/** The answers of the server that are still on their way. */
const answers = new Set<NodeJS.Timeout>()
const openSlowly: Script = (socket, index) => {
  answers.add(
    setTimeout(() => {
      if (!socket.isEnded) welcoming(socket, index)
    }, 20),
  )
}

const STARTS: readonly Start[] = [
  { name: 'a restore', seed: ({ store }) => store.seed('s'), begin: ({ sessions }) => sessions.restoreSession('s'), script: openSlowly, calls: 5 },
  { name: 'a restore by status', seed: ({ store }) => store.seed('s'), begin: ({ sessions }) => sessions.getStatus('s'), script: openSlowly, calls: 5 },
  {
    name: 'a connect of a stopped session',
    seed: ({ store }) => store.seed('s', {}, { desired: 'stopped' }),
    begin: ({ sessions }) => sessions.connect('s'),
    script: openSlowly,
    calls: 4,
  },
  { name: 'a pairing', seed: () => Promise.resolve(), begin: ({ sessions }) => sessions.connect('s'), script: openSlowly, calls: 3 },
  {
    name: 'a pairing of a logged out session',
    seed: ({ store }) => store.seed('s', {}, { loggedOutAt: new Date() }),
    begin: ({ sessions }) => sessions.connect('s'),
    script: openSlowly,
    calls: 3,
  },
]

const end = ({ sessions }: Scenario, verb: Verb): Promise<unknown> => (verb === 'close' ? sessions.close() : sessions[verb]('s'))

/** Everything that must not change any more. */
function footprint({ baileys, store, told }: Scenario): unknown {
  return {
    sockets: baileys.sockets.length,
    alive: baileys.sockets.filter((socket) => !socket.isDestroyed).length,
    writes: store.done.filter(({ verb }) => verb === 'write' || verb === 'delete').length,
    told: told.length,
  }
}

/** Holds one store call, or that one and all after it, until the test lets go. */
function gate(made: Scenario, from: number, all: boolean): { open: () => void; reached: () => StoreCall | undefined } {
  const held = deferred()
  let count = 0
  let reached: StoreCall | undefined
  made.store.before = (call) => {
    const index = count++
    if (index < from || (!all && index > from)) return
    reached ??= call
    return held.promise
  }
  return {
    open: () => {
      held.resolve()
    },
    reached: () => reached,
  }
}

async function expectQuiet(made: Scenario): Promise<void> {
  for (const answer of answers) clearTimeout(answer)
  expect(vi.getTimerCount(), 'timers').toBe(0)
  const before = footprint(made)
  expect(before).toMatchObject({ alive: 0 })
  await pass(600_000)
  expect(footprint(made)).toEqual(before)
}

async function expectStored(made: Scenario, verb: Verb): Promise<void> {
  const records = await made.store.dump('s')
  if (verb === 'delete' || verb === 'logout') expect(records).toEqual({})
  if (verb === 'stop' && records['creds/'] !== undefined) expect(decodeLifecycle(records['lifecycle/'] ?? '')).toMatchObject({ desired: 'stopped' })
  expect(await made.store.inner.lock.owner('s')).toBeNull()
}

const points = STARTS.flatMap((start) =>
  VERBS.flatMap((verb) => Array.from({ length: start.calls + 1 }, (_, from) => [true, false].map((all) => ({ start, verb, from, all })))).flat(),
)

describe('invariant 4: after an end there is no dial, no timer, no write, no event', () => {
  it.each(points)('invariant 4: $verb in the middle of $start.name, store call $from held (and all later ones: $all)', async ({ start, verb, from, all }) => {
    const made = scenario({ script: start.script })
    await start.seed(made)
    const { open, reached } = gate(made, from, all)
    const beginning = codeOf(start.begin(made))
    await pass(30)
    expect(reached() !== undefined, 'the call was made').toBe(from < start.calls)
    const ending = codeOf(end(made, verb))
    await pass(15)
    open()
    expect(await within(ending)).toBe('resolved')
    await expectStored(made, verb)
    await expectQuiet(made)
    await within(beginning)
  })

  it.each(VERBS.flatMap((verb) => [0, 5, 10, 25, 40].map((delayMs) => ({ verb, delayMs }))))(
    'invariant 4: $verb $delayMs ms after a dial',
    async ({ verb, delayMs }) => {
      const made = scenario({ script: openSlowly })
      await made.store.seed('s')
      const beginning = codeOf(made.sessions.restoreSession('s'))
      await pass(delayMs)
      expect(await within(codeOf(end(made, verb)))).toBe('resolved')
      await expectStored(made, verb)
      await expectQuiet(made)
      await within(beginning)
    },
  )

  it.each(VERBS)('invariant 4: %s during back-off', async (verb) => {
    const made = scenario({ script: refusing(428) })
    await made.store.seed('s')
    const beginning = codeOf(made.sessions.restoreSession('s'))
    await pass(1500)
    expect(made.baileys.sockets).toHaveLength(2)
    if (verb === 'logout') made.script = welcoming
    expect(await within(codeOf(end(made, verb)))).toBe('resolved')
    await expectStored(made, verb)
    await expectQuiet(made)
    expect(await beginning).toBe('resolved')
  })

  it.each(VERBS)('invariant 4: %s while the dial waits in the queue', async (verb) => {
    const made = scenario({ script: silent, dials: { concurrency: 1 } })
    await made.store.seed('first')
    await made.store.seed('s')
    const others = [codeOf(made.sessions.restoreSession('first')), codeOf(made.sessions.restoreSession('s'))]
    await pass(10)
    expect(made.baileys.sockets).toHaveLength(1)
    expect(await within(codeOf(end(made, verb)))).toBe('resolved')
    await within(codeOf(made.sessions.close()))
    await expectQuiet(made)
    await Promise.all(others)
    expect(made.baileys.sockets).toHaveLength(1)
  })

  it.each(VERBS)('invariant 4: %s while socketConfig is still thinking', async (verb) => {
    const thinking = deferred<object>()
    const made = scenario({ socketConfig: () => thinking.promise })
    await made.store.seed('s')
    const beginning = codeOf(made.sessions.restoreSession('s'))
    await pass(10)
    expect(await within(codeOf(end(made, verb)))).toBe('resolved')
    thinking.resolve({})
    await expectQuiet(made)
    await within(beginning)
    expect(made.baileys.sockets).toHaveLength(0)
  })

  it.each(['half-open', 'never'] as const)('invariant 4: an end does not wait long for a peer that is gone (%s)', async (ending) => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    made.socket().ending = ending
    const startedAt = Date.now()
    await within(made.sessions.stop('s'))
    expect(Date.now() - startedAt).toBeLessThanOrEqual(1500)
    expect(made.events('connected')).toHaveLength(1)
  })

  it('invariant 4: what the old socket still tells is heard by nobody', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const old = made.socket()
    const stopping = made.sessions.stop('s')
    old.updateCreds({ accountSyncCounter: 99 })
    await within(stopping)
    const before = footprint(made)
    old.updateCreds({ accountSyncCounter: 100 })
    old.ev.emit('connection.update', { connection: 'open' })
    await expect(Promise.resolve(old.config.auth.keys.set({ 'lid-mapping': { a: 'b' } }))).rejects.toMatchObject({ code: 'STALE_WRITER' })
    await pass(10_000)
    expect(footprint(made)).toEqual(before)
  })
})

describe('ends that meet', () => {
  it.each(VERBS.flatMap((first) => VERBS.map((second) => [first, second] as const)))('%s and %s at once', async (first, second) => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const codes = await within(Promise.all([codeOf(end(made, first)), codeOf(end(made, second))]))
    expect(codes.filter((code) => code !== 'resolved' && code !== 'MANAGER_CLOSED')).toEqual([])
    await expectQuiet(made)
    expect(await made.store.inner.lock.owner('s')).toBeNull()
  })

  it.each(['stop', 'delete', 'logout'] as const)('a connect right after %s was called begins anew, and close finds it', async (verb) => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const ending = codeOf(end(made, verb))
    const connecting = codeOf(made.sessions.connect('s'))
    expect(await within(ending)).toBe('resolved')
    await within(connecting)
    await pass(1000)
    expect(made.mostSockets()).toBeLessThanOrEqual(1)
    await within(made.sessions.close())
    await expectQuiet(made)
    expect(await made.store.inner.lock.owner('s')).toBeNull()
  })

  it.each([
    ['requestPairingCode', ({ sessions }: Scenario) => sessions.requestPairingCode('s', '4915112345678')],
    ['logout', ({ sessions }: Scenario) => sessions.logout('s')],
  ] as const)('a %s that meets a delete starts nothing that close does not find', async (_name, begin) => {
    const made = scenario()
    await made.store.seed('s', {}, { loggedOutAt: new Date() })
    const held = deferred()
    made.store.before = ({ verb }) =>
      verb === 'delete'
        ? held.promise
        : verb === 'read'
          ? new Promise((resolve) => {
              setTimeout(resolve, 10)
            })
          : undefined
    const deleting = codeOf(made.sessions.delete('s'))
    await pass(10)
    const beginning = codeOf(begin(made))
    await pass(10)
    held.resolve()
    await within(deleting)
    await pass(100)
    await within(made.sessions.close())
    await expectQuiet(made)
    await within(beginning)
    expect(await made.store.inner.lock.owner('s')).toBeNull()
  })

  it('somebody who waits is not forgotten with a session that is deleted', async () => {
    const made = scenario()
    await made.store.seed('s')
    await made.store.seed('other')
    const waiting = codeOf(made.sessions.waitUntilConnected('s'))
    await pass(10)
    await within(made.sessions.delete('s'))
    expect(await within(waiting)).toBe('NOT_PAIRED')
  })

  it('close is idempotent, and everything after it is refused', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    const [first, second] = await within(Promise.all([made.sessions.close(), made.sessions.close()]))
    expect(first).toEqual({ closed: ['s'], notDrained: [] })
    expect(second).toBe(first)
    await made.sessions[Symbol.asyncDispose]()
    const { sessions } = made
    const calls = [
      sessions.connect('s'),
      sessions.restoreSession('s'),
      sessions.restoreAll(),
      sessions.getStatus('s'),
      sessions.getStatuses(),
      sessions.requestPairingCode('s', '4915112345678'),
      sessions.waitUntilConnected('s'),
      sessions.stop('s'),
      sessions.logout('s'),
      sessions.delete('s'),
    ]
    expect(await within(Promise.all(calls.map(codeOf)))).toEqual(calls.map(() => 'MANAGER_CLOSED'))
    expect(sessions.getSocket('s')).toBeUndefined()
  })

  it('close keeps the credentials and the wish: the next manager restores', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    await within(made.sessions.close())
    const next = scenario({ store: made.store })
    expect(await within(next.sessions.restoreSession('s'))).toMatchObject({ outcome: 'restored' })
    expect(made.socket().logoutCalls).toBe(0)
  })

  it('close of many is bounded by its deadline, and tells which were not drained', async () => {
    const made = scenario({ storeTimeoutMs: 15_000 })
    for (const id of ['a', 'b', 'c']) await made.store.seed(id)
    await within(Promise.all(['a', 'b', 'c'].map((id) => made.sessions.restoreSession(id))))
    const held = deferred()
    made.store.before = ({ verb, sessionId }) => (verb === 'write' && sessionId === 'b' ? held.promise : undefined)
    made.baileys.sockets[1]?.updateCreds({ accountSyncCounter: 99 })
    await pass(10)
    const startedAt = Date.now()
    const report = await within(made.sessions.close({ timeoutMs: 2000 }))
    expect(Date.now() - startedAt).toBeLessThanOrEqual(2000)
    expect({ closed: report.closed.sort(), notDrained: report.notDrained }).toEqual({ closed: ['a', 'c'], notDrained: ['b'] })
    held.resolve()
  })
})

describe('an id that nobody knows', () => {
  it('is not recorded by stop and logout', async () => {
    const made = scenario()
    await within(made.sessions.stop('s'))
    expect(await within(made.sessions.logout('s'))).toEqual({ unlinked: false })
    expect(await within(codeOf(made.sessions.logout('s', { requireUnlink: true })))).toBe('NOT_PAIRED')
    await pass(1000)
    expect([made.told, await made.repository.find('s'), await within(made.sessions.getStatuses())]).toEqual([[], null, []])
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'disconnected', reason: 'never_paired' })
    // What may be left of it goes, without a lease.
    expect(made.store.calls.filter(({ verb }) => verb !== 'read' && verb !== 'owner' && verb !== 'list')).toMatchObject([{ verb: 'delete' }])
  })
})
