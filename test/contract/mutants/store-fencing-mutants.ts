import { STORE_MUST } from '../../../src/testing/contracts/session-store/store-musts.js'
import type { DeleteOptions } from '../../../src/store/session-store.js'
import { aroundDelete, aroundRead, aroundWrite, checkingOnly, refusal, unchecked } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import type { SharedStore } from './shared-memory.js'

const OLD_TOKEN = 'a token that is older than the newest one is refused'
const NO_TOKEN = 'without a token a session is written only while nobody holds its lock'
const NEWEST_TOKEN = 'the newest token is good as often as it comes'

/** Which tokens are accepted. */
export const FENCING: readonly Mutant<SharedStore>[] = [
  {
    name: 'checks no token',
    must: STORE_MUST.staleToken,
    caughtBy: [
      OLD_TOKEN,
      NO_TOKEN,
      'a token is old once another process was given a newer one',
      'a holder that was replaced writes nothing any more',
      'tokens go on rising after the session was deleted',
    ],
    breakIt: (store) => checkingOnly(store, () => false),
  },
  {
    name: 'checks only that there is a token',
    must: STORE_MUST.staleToken,
    caughtBy: [OLD_TOKEN],
    breakIt: (store) => checkingOnly(store, (_, token) => token === undefined),
  },
  {
    name: 'takes what is no number for a token',
    must: STORE_MUST.staleToken,
    caughtBy: ['what was never a token is refused once there is one'],
    breakIt: (store) => checkingOnly(store, (_, token) => !Number.isNaN(token)),
  },
  {
    name: 'takes 0 for no token',
    must: STORE_MUST.staleToken,
    caughtBy: ['what was never a token is refused once there is one'],
    breakIt: (store) => checkingOnly(store, (_, token) => token !== 0),
  },
  {
    name: 'rounds tokens',
    must: STORE_MUST.staleToken,
    caughtBy: ['what was never a token is refused once there is one'],
    breakIt: (store) => {
      const check = store.check.bind(store)
      store.check = (sessionId, token) => check(sessionId, token === undefined ? undefined : Math.round(token))
    },
  },
  {
    name: 'checks tokens only while somebody holds the lock',
    must: STORE_MUST.staleToken,
    caughtBy: [OLD_TOKEN],
    breakIt: (store) => checkingOnly(store, (sessionId) => store.lock.newest(sessionId).holder !== null),
  },
  {
    name: 'deletes without a look at the token',
    must: STORE_MUST.staleToken,
    caughtBy: [OLD_TOKEN],
    breakIt: (store) => aroundDelete(store, (remove) => async (sessionId, options?: DeleteOptions) => remove(sessionId, unchecked(store, options ?? {}, true))),
  },
  {
    name: 'replaces everything without a look at the token',
    must: STORE_MUST.staleToken,
    caughtBy: [OLD_TOKEN],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => write(sessionId, changes, unchecked(store, options, options.replaceAll === true))),
  },
  {
    name: 'looks at no token when nothing is to be written',
    must: STORE_MUST.staleToken,
    caughtBy: [OLD_TOKEN],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => write(sessionId, changes, unchecked(store, options, changes.length === 0))),
  },
  {
    name: 'looks at no token when something is deleted',
    must: STORE_MUST.staleToken,
    caughtBy: [OLD_TOKEN],
    breakIt: (store) =>
      aroundWrite(
        store,
        (write) => async (sessionId, changes, options) =>
          write(
            sessionId,
            changes,
            unchecked(
              store,
              options,
              changes.some(({ value }) => value === null),
            ),
          ),
      ),
  },
  {
    name: 'writes before it looks at the token',
    must: STORE_MUST.staleToken,
    caughtBy: [OLD_TOKEN],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => {
        await write(sessionId, changes, unchecked(store, options, true))
        store.check(sessionId, options.fencingToken)
      }),
  },
  {
    name: 'forgets its tokens with the session',
    must: STORE_MUST.staleToken,
    caughtBy: ['tokens go on rising after the session was deleted'],
    breakIt: (store) =>
      aroundDelete(store, (remove) => async (sessionId, options) => {
        await remove(sessionId, options)
        store.lock.newest(sessionId).token = 0
      }),
  },
  {
    name: 'compares only with the tokens that it has seen itself',
    must: STORE_MUST.staleToken,
    caughtBy: ['a token is old once another process was given a newer one'],
    breakIt: (store) => {
      const newest = new Map<string, number>()
      store.check = (sessionId, token) => {
        if (token === undefined) return
        if (token < (newest.get(sessionId) ?? 0)) throw refusal('STALE_WRITER')
        newest.set(sessionId, token)
      }
    },
  },
  {
    name: 'refuses an old token with an error of its own',
    must: STORE_MUST.staleToken,
    caughtBy: [OLD_TOKEN],
    breakIt: (store) => {
      const check = store.check.bind(store)
      store.check = (sessionId, token) => {
        try {
          check(sessionId, token)
        } catch {
          throw refusal('STORE_UNAVAILABLE')
        }
      }
    },
  },
  {
    name: 'lets a replaced holder write until it releases',
    must: STORE_MUST.staleToken,
    caughtBy: ['a holder that was replaced writes nothing any more'],
    breakIt: (store) => checkingOnly(store, (_, token) => ![...store.lock.leases].some(({ fencingToken }) => fencingToken === token)),
  },
  {
    name: 'accepts a write without a token always',
    must: STORE_MUST.noToken,
    caughtBy: [NO_TOKEN, 'a session that another process holds is not written'],
    breakIt: (store) => checkingOnly(store, (_, token) => token !== undefined),
  },
  {
    name: 'accepts no write without a token',
    must: STORE_MUST.noToken,
    caughtBy: [NO_TOKEN],
    breakIt: (store) => {
      const check = store.check.bind(store)
      store.check = (sessionId, token) => {
        if (token === undefined) throw refusal('STALE_WRITER')
        check(sessionId, token)
      }
    },
  },
  {
    name: 'accepts no write without a token once there was one',
    must: STORE_MUST.noToken,
    caughtBy: [NO_TOKEN],
    breakIt: (store) => {
      const check = store.check.bind(store)
      store.check = (sessionId, token) => {
        if (token === undefined && store.lock.newest(sessionId).token > 0) throw refusal('STALE_WRITER')
        check(sessionId, token)
      }
    },
  },
  {
    name: 'knows only of the locks that it gave itself',
    must: STORE_MUST.noToken,
    caughtBy: ['a session that another process holds is not written'],
    breakIt: (store) => checkingOnly(store, (sessionId, token) => token !== undefined || store.lock.newest(sessionId).holder?.owner === store.lock.name),
  },
  {
    name: 'is locked as a whole',
    must: STORE_MUST.noToken,
    caughtBy: [NO_TOKEN],
    breakIt: (store) => {
      const check = store.check.bind(store)
      store.check = (sessionId, token) => {
        if (token === undefined && [...store.memory.claims.values()].some(({ holder }) => holder !== null)) throw refusal('STALE_WRITER')
        check(sessionId, token)
      }
    },
  },
  {
    name: 'accepts a token once',
    must: STORE_MUST.newestToken,
    caughtBy: [NEWEST_TOKEN],
    breakIt: (store) => {
      const check = store.check.bind(store)
      const used = new Set<string>()
      store.check = (sessionId, token) => {
        check(sessionId, token)
        if (token === undefined) return
        if (used.has(`${token} ${sessionId}`)) throw refusal('STALE_WRITER')
        used.add(`${token} ${sessionId}`)
      }
    },
  },
  {
    name: 'voids a token with the session',
    must: STORE_MUST.newestToken,
    caughtBy: [NEWEST_TOKEN],
    breakIt: (store) =>
      aroundDelete(store, (remove) => async (sessionId, options) => {
        await remove(sessionId, options)
        store.lock.newest(sessionId).token += 1
      }),
  },
  {
    name: 'compares with the newest token of any session',
    must: STORE_MUST.newestToken,
    caughtBy: ['tokens of one session say nothing of another'],
    breakIt: (store) => {
      store.check = (_, token) => {
        if (token !== undefined && token < Math.max(...[...store.memory.claims.values()].map((claim) => claim.token))) throw refusal('STALE_WRITER')
      }
    },
  },
]

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
