import { describe, expect, it } from 'vitest'
import { MemorySessionStore } from '../../src/adapters/memory/memory-session-store.js'
import type { SessionLock } from '../../src/lease/session-lock.js'
import { never } from '../support/deferred.js'
import { inFakeTime, pass, scenario, type Scenario, within } from '../support/scenario.js'
import { WatchedSessionStore } from '../support/watched-session-store.js'

inFakeTime()

/** The ids of the messages that the application was given. */
function hear({ sessions }: Scenario): (string | null | undefined)[] {
  const heard: (string | null | undefined)[] = []
  sessions.on('socket', ({ socket }) => {
    socket.ev.on('messages.upsert', ({ messages }) => {
      heard.push(...messages.map(({ key }) => key.id))
    })
  })
  return heard
}

/** A lock whose leases can be lost. */
function losable(): { lock: SessionLock; lose: () => void } {
  const { lock } = new MemorySessionStore()
  const lost = new AbortController()
  return {
    lock: {
      owner: (sessionId) => lock.owner(sessionId),
      acquire: async (sessionId) => {
        const lease = await lock.acquire(sessionId)
        return lease === null ? null : { ...lease, lost: lost.signal }
      },
    },
    lose: () => {
      lost.abort()
    },
  }
}

describe('invariant 12: buffered messages', () => {
  it.each(['stop', 'close', 'connection lost', 'logout', 'delete'] as const)('invariant 12: are flushed to the application before the end: %s', async (end) => {
    const made = scenario()
    made.script = (socket) => {
      socket.open({ offline: 'pending' })
    }
    await made.store.seed('s')
    const heard = hear(made)
    await within(made.sessions.restoreSession('s'))
    made.socket().ev.emit('messages.upsert', { messages: [{ key: { id: 'buffered' } }], type: 'append' })
    expect(heard).toEqual([])
    if (end === 'connection lost') await made.socket().close(428)
    else await within<unknown>(end === 'close' ? made.sessions.close() : made.sessions[end]('s'))
    expect(heard).toEqual(['buffered'])
  })

  it.each(['half-open', 'never'] as const)('invariant 12: are flushed though the peer is gone and Baileys never says so (%s)', async (ending) => {
    const made = scenario()
    made.script = (socket) => {
      socket.open({ offline: 'pending' })
    }
    await made.store.seed('s')
    const heard = hear(made)
    await within(made.sessions.restoreSession('s'))
    made.socket().ending = ending
    made.socket().ev.emit('messages.upsert', { messages: [{ key: { id: 'buffered' } }], type: 'append' })
    await within(made.sessions.stop('s'))
    expect(heard).toEqual(['buffered'])
  })

  it('invariant 12: a handler of the application that throws keeps no socket open', async () => {
    const made = scenario()
    made.script = (socket) => {
      socket.open({ offline: 'pending' })
    }
    await made.store.seed('s')
    made.sessions.on('socket', ({ socket }) => {
      socket.ev.on('messages.upsert', () => {
        throw new Error('handler broke')
      })
    })
    await within(made.sessions.restoreSession('s'))
    made.socket().ev.emit('messages.upsert', { messages: [{ key: { id: 'buffered' } }], type: 'append' })
    await within(made.sessions.stop('s'))
    expect(made.socket().isDestroyed).toBe(true)
  })

  it.each([
    [
      'a lease that is lost',
      async (_made: Scenario, lose: () => void) => {
        lose()
      },
    ],
    [
      'a store that fails',
      async ({ store, socket }: Scenario) => {
        store.before = ({ verb }) => {
          if (verb === 'write') throw new Error('ENOSPC')
        }
        socket().updateCreds({ accountSyncCounter: 5 })
        await pass(2000)
      },
    ],
    [
      'a store that hangs',
      async ({ store, socket }: Scenario) => {
        store.before = ({ verb }) => (verb === 'write' ? never() : undefined)
        socket().updateCreds({ accountSyncCounter: 5 })
        await pass(30_000)
      },
    ],
  ] as const)('invariant 12: are flushed to the application before the end: %s', async (_name, end) => {
    const { lock, lose } = losable()
    const made = scenario({ store: new WatchedSessionStore(lock) })
    made.script = (socket) => {
      socket.open({ offline: 'pending' })
    }
    await made.store.seed('s')
    const heard = hear(made)
    await within(made.sessions.restoreSession('s'))
    const socket = made.socket()
    socket.ev.emit('messages.upsert', { messages: [{ key: { id: 'buffered' } }], type: 'append' })
    await end(made, lose)
    await pass(1500)
    expect([socket.isDestroyed, heard]).toEqual([true, ['buffered']])
    made.store.before = () => undefined
  })

  it.each(['prompt', 'half-open'] as const)('invariant 12: are flushed to the application when nobody answers the login in time (%s)', async (ending) => {
    const made = scenario({ connectTimeoutMs: 10_000 })
    made.script = (socket) => {
      socket.accept()
      socket.ending = ending
    }
    await made.store.seed('s')
    const heard = hear(made)
    void made.sessions.restoreSession('s')
    await pass(100)
    const socket = made.socket()
    socket.ev.emit('messages.upsert', { messages: [{ key: { id: 'buffered' } }], type: 'append' })
    expect(heard).toEqual([])
    await pass(11_500)
    expect(made.events('disconnected')[0]).toMatchObject({ cause: 'connect_timeout' })
    expect([socket.isDestroyed, heard]).toEqual([true, ['buffered']])
  })
})
