import type { DeleteOptions } from '../../../src/store/session-store.js'
import { STORE_MUST } from '../../../src/testing/contracts/session-store/store-musts.js'
import { aroundDelete, aroundWrite, checkingOnly, refusal, unchecked } from './broken-ways.js'
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
