import { AsyncLocalStorage } from 'node:async_hooks'
import { getEventListeners, setMaxListeners } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CREDS_KEY, MemoryConnectionRepository, MemorySessionStore, SessionManager } from '../../src/index.js'
import type { BaileysModule } from '../../src/socket/baileys-module.js'
import { FakeBaileys, FakeSocket, pairedCreds } from '../../src/testing/index.js'
import { descriptors, Growth, heap, Living, livingObjects, type Measure, processListeners, storages } from '../support/growth.js'
import { PROMISES_PAY } from '../support/promise-cost.js'
import { pass, within } from '../support/scenario.js'

/** Signals that live longer than a socket. */
interface Signals {
  /** The application's own, which it gives to every call. */
  readonly shutdown: AbortSignal
  /** That of the session's lease, kept across reconnects. */
  lost: AbortSignal | null
}

/** What is done for each new socket beside what the library does. */
type Leak = (socket: FakeSocket, signals: Signals) => void

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z') })
})

afterEach(() => {
  vi.useRealTimers()
})

/** Reconnects a session so often, and returns what grew. */
async function reconnect({ times, leak }: { times: number; leak?: Leak }): Promise<string[]> {
  const living = new Living()
  const signals: Signals = { shutdown: new AbortController().signal, lost: null }
  // The leak is found by this test, and not by a warning.
  setMaxListeners(0, signals.shutdown)
  const { baileys, current } = welcomingBaileys((socket) => {
    living.watch(socket)
    leak?.(socket, signals)
  })
  const store = new MemorySessionStore()
  const { acquire } = store.lock
  store.lock.acquire = async (sessionId) => {
    const lease = await Reflect.apply(acquire, store.lock, [sessionId])
    signals.lost = lease?.lost ?? null
    return lease
  }
  await store.write('shop', [{ ...CREDS_KEY, value: pairedCreds() }])
  const sessions = new SessionManager({ store, repository: new MemoryConnectionRepository(), baileys })
  const growth = new Growth({
    sockets: livingObjects(living),
    timers: fakeTimers,
    'listeners on signals': listenersOn(signals),
    'listeners on the process': processListeners,
    descriptors,
    storages,
    // A fake socket and what hangs on it is about 9 kB. Compiled code comes in steps of up to half a megabyte in all, more than a few sockets take.
    heap: heap(Math.max(times * 1500, 1_500_000)),
  })
  await within(sessions.restoreSession('shop', { signal: signals.shutdown }))
  for (let index = 0; index < times; index++) {
    if (index % (times / 10) === 0) await growth.sample()
    await within(current().close(index % 3 === 0 ? 503 : 428))
    await within(sessions.waitUntilConnected('shop', { timeoutMs: 120_000, signal: signals.shutdown }))
  }
  await within(sessions.close())
  await pass(60_000)
  if (leak === undefined) expect(vi.getTimerCount()).toBe(0)
  return growth.grown()
}

const fakeTimers: Measure = { slack: 0, read: () => vi.getTimerCount() }

const listenersOn = (signals: Signals): Measure => ({
  slack: 0,
  read: () => [signals.shutdown, signals.lost].reduce((sum, signal) => sum + (signal === null ? 0 : getEventListeners(signal, 'abort').length), 0),
})

/** A Baileys that keeps nothing but its newest socket, and lets everybody in. */
function welcomingBaileys(onSocket: (socket: FakeSocket) => void): { baileys: BaileysModule; current: () => FakeSocket } {
  const { initAuthCreds, proto } = new FakeBaileys()
  const newest: FakeSocket[] = []
  const makeWASocket: BaileysModule['makeWASocket'] = (config) => {
    const socket = new FakeSocket(config)
    newest.splice(0, 1, socket)
    process.nextTick(() => {
      onSocket(socket)
      socket.open()
    })
    return socket.asWASocket()
  }
  const current = (): FakeSocket => {
    const [socket] = newest
    if (socket === undefined) throw new Error('No socket was made.')
    return socket
  }
  return { baileys: { initAuthCreds, proto, makeWASocket }, current }
}

it('40 reconnects leave sockets, timers, listeners, descriptors and storages as they were (invariant 15)', async () => {
  expect(await reconnect({ times: 40 })).toEqual([])
})

it('1,000 reconnects leave the heap as it was, too (invariant 15)', { tags: 'full' }, async () => {
  expect(await reconnect({ times: 1000 })).toEqual([])
})

/** Leaks put in on purpose, by what they make grow; `undo` is for what would outlive the test. */
const LEAKS: Readonly<Record<string, (undo: (() => void)[]) => Leak>> = {
  sockets: () => {
    const kept: FakeSocket[] = []
    return (socket) => {
      kept.push(socket)
    }
  },
  heap: () => {
    const kept: number[][] = []
    // Far more than code that the engine throws away meanwhile could hide.
    return () => {
      kept.push(Array.from({ length: 20_000 }, (_, index) => index / 3))
    }
  },
  timers: () => () => {
    setTimeout(() => undefined, 1e9)
  },
  'listeners on signals':
    () =>
    (_socket, { shutdown }) => {
      shutdown.addEventListener('abort', () => undefined)
    },
  'listeners on the process': (undo) => () => {
    const listener = (): void => undefined
    const name = `leak ${undo.length}`
    process.on(name, listener)
    undo.push(() => {
      process.off(name, listener)
    })
  },
  descriptors: (undo) => () => {
    const file = openSync('/dev/null', 'r')
    undo.push(() => {
      closeSync(file)
    })
  },
  ...(PROMISES_PAY
    ? {
        storages: (undo: (() => void)[]) => () => {
          const storage = new AsyncLocalStorage<number>()
          storage.run(1, () => undefined)
          undo.push(() => {
            storage.disable()
          })
        },
      }
    : {}),
}

describe('this test notices', () => {
  it.each(Object.entries(LEAKS))('%s that are kept for each socket', { tags: 'full' }, async (what, leak) => {
    const undo: (() => void)[] = []
    try {
      expect(await reconnect({ times: 50, leak: leak(undo) })).toContainEqual(expect.stringContaining(`${what}: `))
    } finally {
      for (const step of undo) step()
    }
  })
})
