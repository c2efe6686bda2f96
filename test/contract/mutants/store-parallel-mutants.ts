import { STORE_MUST } from '../../../src/testing/contracts/session-store/store-musts.js'
import { aroundWrite, refusal, tick } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import type { SharedStore } from './shared-memory.js'

/** Calls that are made before others have come back. */
export const PARALLEL: readonly Mutant<SharedStore>[] = [
  {
    name: 'reads, waits and writes',
    must: STORE_MUST.inOrder,
    caughtBy: ['writes of one session that are called at once lose nothing of one another', 'many sessions are written at once'],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => {
        const before = new Map(store.recordsOf(sessionId))
        await tick()
        store.put(sessionId, before)
        await write(sessionId, changes, options)
      }),
  },
  {
    name: 'carries out the write that was called last first',
    must: STORE_MUST.inOrder,
    caughtBy: ['writes of one session that are called at once follow one another'],
    breakIt: (store) =>
      aroundWrite(store, (write) => {
        let waiting: (() => void)[] = []
        return async (sessionId, changes, options) => {
          await new Promise<void>((resolve) => {
            waiting.push(resolve)
            setImmediate(() => {
              const all = waiting.reverse()
              waiting = []
              for (const wake of all) wake()
            })
          })
          await write(sessionId, changes, options)
        }
      }),
  },
  {
    name: 'deletes before the writes that were called earlier',
    must: STORE_MUST.inOrder,
    caughtBy: ['writes and deletes of one session that are called at once follow one another'],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => {
        await tick()
        await write(sessionId, changes, options)
      }),
  },
  {
    name: 'fails what was called beside a write that fails',
    must: STORE_MUST.inOrder,
    caughtBy: ['a write that is refused holds up none that was called beside it'],
    breakIt: (store) =>
      aroundWrite(store, (write) => {
        let failures = 0
        return async (sessionId, changes, options) => {
          await write(sessionId, changes, options).catch((error: unknown) => {
            failures += 1
            throw error
          })
          await tick()
          if (failures > 0) throw refusal('STORE_UNAVAILABLE')
        }
      }),
  },
  {
    name: 'has one place for the session that is being written',
    must: STORE_MUST.inOrder,
    caughtBy: ['two processes write their own sessions at once', 'many sessions are written at once'],
    breakIt: (store) =>
      aroundWrite(store, (write) => {
        let current = ''
        return async (sessionId, changes, options) => {
          current = sessionId
          await tick()
          await write(current, changes, { replaceAll: options.replaceAll ?? false, fencingToken: store.lock.newest(current).token })
        }
      }),
  },
]
