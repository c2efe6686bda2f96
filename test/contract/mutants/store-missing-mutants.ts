import { STORE_MUST } from '../../../src/testing/contracts/session-store/store-musts.js'
import { aroundRead, aroundWrite, refusal } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import { keyText, type SharedStore } from './shared-memory.js'

const DAMAGED = ['creds', 'pre-key'].map((type) => `a damaged ${type} is never missing: it is RECORD_CORRUPT, or handed on as it is`)
const UNREACHABLE = 'what cannot be reached is unavailable, never missing'
const MENDED = 'damaged creds come back as they were last written, and marked'
const NOT_BROUGHT_BACK = 'a copy of creds brings none back that were removed'

/** Answers an outage as if there were nothing. */
function deafTo(verb: 'read' | 'records' | 'list' | 'delete'): (store: SharedStore) => void {
  return (store) => {
    const answer = store[verb].bind(store) as (...values: unknown[]) => unknown
    const nothing =
      verb === 'read'
        ? async () => []
        : verb === 'delete'
          ? async () => undefined
          : async function* () {
              /* nothing */
            }
    Object.assign(store, { [verb]: (...values: unknown[]) => (store.memory.isDown ? nothing() : answer(...values)) })
  }
}

/** What is missing, damaged, or cannot be reached. */
export const MISSING: readonly Mutant<SharedStore>[] = [
  {
    name: 'rejects for what is not there',
    must: STORE_MUST.leaveOut,
    caughtBy: ['read leaves out what is not there'],
    breakIt: (store) =>
      aroundRead(store, (read) => async (sessionId, keys) => {
        const found = await read(sessionId, keys)
        if (found.length < keys.length) throw refusal('STORE_UNAVAILABLE')
        return found
      }),
  },
  {
    name: 'makes up an empty record for what is not there',
    must: STORE_MUST.leaveOut,
    caughtBy: ['read leaves out what is not there'],
    breakIt: (store) =>
      aroundRead(store, (read) => async (sessionId, keys) => {
        const found = await read(sessionId, keys)
        return keys.map((key) => found.find((record) => keyText(record) === keyText(key)) ?? { ...key, value: '' })
      }),
  },
  {
    name: 'answers with everything, whatever is asked',
    must: STORE_MUST.leaveOut,
    caughtBy: ['read leaves out what is not there'],
    breakIt: (store) =>
      aroundRead(store, (read) => async (sessionId, keys) => (keys.length === 0 ? [] : read(sessionId, [...store.recordsOf(sessionId).values()]))),
  },
  {
    name: 'takes a damaged record for a missing one',
    must: STORE_MUST.leaveOut,
    caughtBy: DAMAGED,
    breakIt: (store) =>
      aroundRead(
        store,
        (read) => (sessionId, keys) =>
          read(
            sessionId,
            keys.filter((key) => !store.isDamaged(sessionId, key)),
          ),
      ),
  },
  {
    name: 'says of a damaged record that the store cannot be reached',
    must: STORE_MUST.leaveOut,
    caughtBy: DAMAGED,
    breakIt: (store) =>
      aroundRead(
        store,
        (read) => (sessionId, keys) =>
          read(sessionId, keys).catch(() => {
            throw refusal('STORE_UNAVAILABLE')
          }),
      ),
  },
  {
    name: 'lists no session with a damaged record',
    must: STORE_MUST.leaveOut,
    caughtBy: DAMAGED,
    breakIt: (store) => {
      const list = store.list.bind(store)
      store.list = async function* () {
        for await (const sessionId of list()) if (![...store.memory.damaged].some((text) => text.startsWith(JSON.stringify(sessionId)))) yield sessionId
      }
    },
  },
  { name: 'reads nothing during an outage', must: STORE_MUST.leaveOut, caughtBy: [UNREACHABLE], breakIt: deafTo('read') },
  { name: 'has no records during an outage', must: STORE_MUST.leaveOut, caughtBy: [UNREACHABLE], breakIt: deafTo('records') },
  { name: 'has no sessions during an outage', must: STORE_MUST.leaveOut, caughtBy: [UNREACHABLE], breakIt: deafTo('list') },
  { name: 'says that it deleted during an outage', must: STORE_MUST.leaveOut, caughtBy: [UNREACHABLE], breakIt: deafTo('delete') },
  {
    name: 'passes on the error of its client',
    must: STORE_MUST.leaveOut,
    caughtBy: [UNREACHABLE],
    breakIt: (store) => {
      store.memory.assertUp = () => {
        if (store.memory.isDown) throw new Error('ECONNREFUSED')
      }
    },
  },
  {
    name: 'takes an outage for another holder',
    must: STORE_MUST.leaveOut,
    caughtBy: ['an outage is no loss of the lock'],
    breakIt: (store) =>
      aroundWrite(store, (write) => (sessionId, changes, options) => {
        if (store.memory.isDown && options.fencingToken !== undefined) throw refusal('STALE_WRITER')
        return write(sessionId, changes, options)
      }),
  },
  {
    name: 'forgets during an outage who holds a lock',
    must: STORE_MUST.leaveOut,
    caughtBy: ['an outage is no loss of the lock'],
    breakIt: (store) =>
      aroundWrite(store, (write) => (sessionId, changes, options) => {
        if (store.memory.isDown) store.memory.claims.clear()
        return write(sessionId, changes, options)
      }),
  },
]

/** What comes from a copy. */
export const RESTORED: readonly Mutant<SharedStore>[] = [
  {
    name: 'says of all creds that they come from a copy',
    must: STORE_MUST.restored,
    caughtBy: ['what is read as it was written is not marked as restored'],
    breakIt: (store) =>
      aroundRead(
        store,
        (read) => async (sessionId, keys) =>
          (await read(sessionId, keys)).map((record) => (record.type === 'creds' ? { ...record, restoredFrom: 'backup' as const } : record)),
      ),
  },
  {
    name: 'does not say that creds come from a copy',
    must: STORE_MUST.restored,
    caughtBy: [MENDED],
    breakIt: (store) =>
      aroundRead(store, (read) => async (sessionId, keys) => (await read(sessionId, keys)).map(({ type, id, value }) => ({ type, id, value }))),
  },
  {
    name: 'has an older copy',
    must: STORE_MUST.restored,
    caughtBy: [MENDED],
    breakIt: (store) =>
      aroundRead(
        store,
        (read) => async (sessionId, keys) =>
          (await read(sessionId, keys)).map((record) => (record.restoredFrom === undefined ? record : { ...record, value: '"older"' })),
      ),
  },
  {
    name: 'goes on reading the copy',
    must: STORE_MUST.restored,
    caughtBy: [MENDED, NOT_BROUGHT_BACK],
    breakIt: (store) => {
      store.dropCopy = () => undefined
    },
  },
]
