import { STORE_MUST } from '../../../src/testing/contracts/session-store/store-musts.js'
import { aroundDelete, aroundRead, aroundWrite, refusal } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import type { SharedStore } from './shared-memory.js'

/** What outlives the store, and what does not. */
export const ENDINGS: readonly Mutant<SharedStore>[] = [
  {
    name: 'says that it has written before it has',
    must: STORE_MUST.durable,
    caughtBy: [
      'what was written is there after a restart, and what was deleted is not',
      'a write that is under way at close is there after a restart, or was refused',
    ],
    breakIt: (store) => {
      // Everything is kept in the object until some later moment, and `close` does not wait for it.
      const { memory } = store
      let own: typeof memory.sessions | null = null
      store.recordsOf = (sessionId) => new Map((own ?? memory.sessions).get(sessionId))
      store.put = (sessionId, records) => void (own ??= new Map(memory.sessions)).set(sessionId, records)
    },
  },
  {
    name: 'forgets a delete',
    must: STORE_MUST.durable,
    caughtBy: ['what was written is there after a restart, and what was deleted is not'],
    breakIt: (store) => {
      const gone = new Map<string, Map<string, never>>()
      aroundDelete(store, (remove) => async (sessionId, options) => {
        const records = store.recordsOf(sessionId)
        await remove(sessionId, options)
        gone.set(sessionId, records as Map<string, never>)
      })
      const close = store.close.bind(store)
      store.close = async () => {
        for (const [sessionId, records] of gone) store.memory.sessions.set(sessionId, records)
        await close()
      }
    },
  },
  {
    name: 'loses at a restart which id is which',
    must: STORE_MUST.distinct,
    caughtBy: ['hostile ids and keys are still apart after a restart'],
    breakIt: (store) => {
      const { sessions } = store.memory
      for (const [sessionId, records] of [...sessions]) {
        sessions.delete(sessionId)
        sessions.set(sessionId.replaceAll('__', '/'), records)
      }
    },
  },
  {
    name: 'refuses at close what it then writes',
    must: STORE_MUST.durable,
    caughtBy: ['a write that is under way at close is there after a restart, or was refused'],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => {
        await write(sessionId, changes, options)
        await Promise.resolve()
        if (store.isClosed) throw refusal('STORE_UNAVAILABLE')
      }),
  },
  {
    name: 'shows others what it read before',
    must: STORE_MUST.allOrNone,
    caughtBy: ['another process sees what was written, deleted and written again'],
    breakIt: (store) =>
      aroundRead(store, (read) => {
        const seen = new Map<string, Awaited<ReturnType<typeof read>>>()
        return async (sessionId, keys) => {
          const found = seen.get(sessionId) ?? (await read(sessionId, keys))
          if (found.length > 0) seen.set(sessionId, found)
          return found
        }
      }),
  },
  {
    name: 'takes a session for made that another has deleted',
    must: STORE_MUST.allOrNone,
    caughtBy: ['another process sees what was written, deleted and written again'],
    breakIt: (store) =>
      aroundWrite(store, (write) => {
        const made = new Set<string>()
        return async (sessionId, changes, options) => {
          if (made.has(sessionId) && !store.memory.sessions.has(sessionId)) {
            made.delete(sessionId)
            throw refusal('STORE_UNAVAILABLE')
          }
          made.add(sessionId)
          await write(sessionId, changes, options)
        }
      }),
  },
  {
    name: 'rejects a second close',
    must: STORE_MUST.deleteNothing,
    caughtBy: ['close succeeds as often as it is called'],
    breakIt: (store) => {
      const close = store.close.bind(store)
      store.close = async () => {
        store.assertReachable()
        await close()
      }
    },
  },
  {
    name: 'rejects a close while a lock is held',
    must: STORE_MUST.closed,
    caughtBy: ['close succeeds while a lock is held, and the lease can be released after it'],
    breakIt: (store) => {
      const close = store.close.bind(store)
      store.close = async () => {
        if (store.lock.leases.size > 0 && !store.isClosed) {
          await close()
          throw refusal('STORE_UNAVAILABLE')
        }
        await close()
      }
    },
  },
  {
    name: 'rejects a close that finds out that somebody else has the lock',
    must: STORE_MUST.deleteNothing,
    caughtBy: ['a holder that was replaced closes as any other, and takes nothing back'],
    breakIt: (store) => {
      const close = store.close.bind(store)
      store.close = async () => {
        const isReplaced = !store.isClosed && [...store.lock.leases].some(({ lost }) => lost.aborted)
        await close()
        if (isReplaced) throw refusal('STORE_UNAVAILABLE')
      }
    },
  },
  {
    name: 'works on after close',
    must: STORE_MUST.closed,
    caughtBy: ['calls after close are refused'],
    breakIt: (store) => {
      store.assertReachable = () => store.memory.assertUp()
    },
  },
  {
    name: 'answers a read of nothing after close',
    must: STORE_MUST.closed,
    caughtBy: ['calls after close are refused'],
    breakIt: (store) => aroundRead(store, (read) => async (sessionId, keys) => (keys.length === 0 ? [] : read(sessionId, keys))),
  },
  {
    name: 'takes a closed store for an empty one',
    must: STORE_MUST.closed,
    caughtBy: ['calls after close are refused'],
    breakIt: (store) => {
      const list = store.list.bind(store)
      store.list = async function* () {
        if (!store.isClosed) yield* list()
      }
    },
  },
  {
    name: 'throws an error of its own after close',
    must: STORE_MUST.closed,
    caughtBy: ['calls after close are refused'],
    breakIt: (store) => {
      store.assertReachable = () => {
        if (store.isClosed) throw new TypeError('The client is closed.')
        store.memory.assertUp()
      }
    },
  },
  {
    name: 'keeps its leases when it is closed',
    must: STORE_MUST.closed,
    caughtBy: ['close gives back what it holds, and tokens rise beyond it'],
    breakIt: (store) => {
      store.close = async () => {
        store.isClosed = true
      }
    },
  },
  {
    name: 'forgets its tokens when it is closed',
    must: STORE_MUST.closed,
    caughtBy: ['close gives back what it holds, and tokens rise beyond it'],
    breakIt: (store) => {
      const close = store.close.bind(store)
      store.close = async () => {
        await close()
        store.memory.claims.clear()
      }
    },
  },
]
