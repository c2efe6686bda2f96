import { STORE_MUST } from '../../../src/testing/contracts/session-store/store-musts.js'
import { aroundDelete, aroundWrite, refusal } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import type { SharedStore } from './shared-memory.js'

/** What is listed. */
export const LISTING: readonly Mutant<SharedStore>[] = [
  {
    name: 'lists only sessions with creds',
    must: STORE_MUST.list,
    caughtBy: ['list has every session once'],
    breakIt: (store) => {
      const list = store.list.bind(store)
      store.list = async function* () {
        for await (const sessionId of list()) if (store.recordsOf(sessionId).has('["creds",""]')) yield sessionId
      }
    },
  },
  {
    name: 'lists a session once for each record',
    must: STORE_MUST.list,
    caughtBy: ['list has every session once'],
    breakIt: (store) => {
      store.list = async function* () {
        store.assertReachable()
        for (const [sessionId, records] of [...store.memory.sessions]) for (let count = 0; count < records.size; count++) yield sessionId
      }
    },
  },
  {
    name: 'lists the first 10 sessions',
    must: STORE_MUST.list,
    caughtBy: ['list has every session once'],
    breakIt: (store) => {
      store.list = async function* () {
        store.assertReachable()
        yield* [...store.memory.sessions.keys()].slice(0, 10)
      }
    },
  },
  {
    name: 'lists by offset, while what was listed goes',
    must: STORE_MUST.list,
    caughtBy: ['list goes on while sessions come and go'],
    breakIt: (store) => {
      store.list = async function* () {
        store.assertReachable()
        for (let offset = 0; offset < store.memory.sessions.size && offset < 100; offset++) yield [...store.memory.sessions.keys()][offset] ?? ''
      }
    },
  },
  {
    name: 'breaks a listing off when something is written',
    must: STORE_MUST.list,
    caughtBy: ['list goes on while sessions come and go'],
    breakIt: (store) => {
      let writes = 0
      aroundWrite(store, (write) => (sessionId, changes, options) => {
        writes += 1
        return write(sessionId, changes, options)
      })
      store.list = async function* () {
        store.assertReachable()
        const before = writes
        for (const sessionId of [...store.memory.sessions.keys()]) {
          if (writes !== before) throw refusal('STORE_UNAVAILABLE')
          yield sessionId
        }
      }
    },
  },
  {
    name: 'lists records by offset, while what was listed goes',
    must: STORE_MUST.list,
    caughtBy: ['records goes on while records come and go'],
    breakIt: (store) => {
      store.records = async function* (sessionId) {
        store.assertReachable()
        for (let offset = 0; offset < store.recordsOf(sessionId).size && offset < 1000; offset++) {
          const record = [...store.recordsOf(sessionId).values()][offset]
          if (record !== undefined) yield { type: record.type, id: record.id }
        }
      }
    },
  },
  {
    name: 'holds a lock until a listing came to its end',
    must: STORE_MUST.list,
    caughtBy: ['a listing that is left early holds nothing up'],
    breakIt: (store) => {
      const list = store.list.bind(store)
      let isListing = false
      store.list = async function* () {
        isListing = true
        yield* list()
        isListing = false
      }
      aroundDelete(store, (remove) => async (sessionId, options) => {
        if (isListing) throw refusal('STORE_UNAVAILABLE')
        await remove(sessionId, options)
      })
    },
  },
  {
    name: 'makes a session of a write of nothing',
    must: STORE_MUST.list,
    caughtBy: ['a write of nothing makes no session'],
    breakIt: (store) => {
      store.put = (sessionId, records) => void store.memory.sessions.set(sessionId, records)
    },
  },
]
