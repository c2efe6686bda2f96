import { Buffer } from 'node:buffer'
import { STORE_MUST } from '../../../src/testing/contracts/session-store/store-musts.js'
import { aroundDelete, aroundRead, aroundWrite, confuseIds, confuseKeys, refusal } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import type { SharedStore } from './shared-memory.js'

const KEYS_APART = 'record ids of any characters stay apart'
const IDS_APART = 'session ids of any characters stay apart'
const CASE_IDS = 'session ids that differ only by case are kept apart, or refused'
const AWKWARD_IDS = 'session ids that are too long, empty or hold control characters are kept apart, or refused'
const HALF_IDS = 'session ids with half of a character are kept apart, or refused'

const stockName = (text: string): string => text.replaceAll('/', '__').replaceAll(':', '-')

/** Takes one separator for a good idea. */
function joinKeys(separator: string): (store: SharedStore) => void {
  return (store) => confuseKeys(store, ({ type, id }) => ({ type: '', id: `${type}${separator}${id}` }))
}

function refuseIds(isRefused: (sessionId: string) => boolean, error: () => Error): (store: SharedStore) => void {
  return (store) =>
    aroundWrite(store, (write) => async (sessionId, changes, options) => {
      if (isRefused(sessionId)) throw error()
      await write(sessionId, changes, options)
    })
}

/** Which ids and keys are mixed up. */
export const IDENTITY: readonly Mutant<SharedStore>[] = [
  {
    name: 'names records as stock files are named',
    must: STORE_MUST.distinct,
    caughtBy: [KEYS_APART],
    breakIt: (store) => confuseKeys(store, ({ type, id }) => ({ type, id: stockName(id) })),
  },
  {
    name: 'folds the case of record ids',
    must: STORE_MUST.distinct,
    caughtBy: [KEYS_APART],
    breakIt: (store) => confuseKeys(store, ({ type, id }) => ({ type, id: id.toLowerCase() })),
  },
  {
    name: 'trims record ids',
    must: STORE_MUST.distinct,
    caughtBy: [KEYS_APART],
    breakIt: (store) => confuseKeys(store, ({ type, id }) => ({ type, id: id.trim() })),
  },
  {
    name: 'normalizes record ids',
    must: STORE_MUST.distinct,
    caughtBy: [KEYS_APART],
    breakIt: (store) => confuseKeys(store, ({ type, id }) => ({ type, id: id.normalize() })),
  },
  {
    name: 'cuts record ids at 255 characters',
    must: STORE_MUST.distinct,
    caughtBy: [KEYS_APART],
    breakIt: (store) => confuseKeys(store, ({ type, id }) => ({ type, id: id.slice(0, 255) })),
  },
  {
    name: 'cuts record ids at a NUL',
    must: STORE_MUST.distinct,
    caughtBy: [KEYS_APART],
    breakIt: (store) => confuseKeys(store, ({ type, id }) => ({ type, id: id.split('\0')[0] ?? '' })),
  },
  {
    name: 'loses records named like parts of an object',
    must: STORE_MUST.distinct,
    caughtBy: [KEYS_APART],
    breakIt: (store) =>
      aroundRead(
        store,
        (read) => (sessionId, keys) =>
          read(
            sessionId,
            keys.filter(({ id }) => id !== '__proto__'),
          ),
      ),
  },
  {
    name: 'folds the case of record types',
    must: STORE_MUST.distinct,
    caughtBy: ['record types of any characters stay apart'],
    breakIt: (store) => confuseKeys(store, ({ type, id }) => ({ type: type.toLowerCase(), id })),
  },
  {
    name: 'names types as stock files are named',
    must: STORE_MUST.distinct,
    caughtBy: ['record types of any characters stay apart'],
    breakIt: (store) => confuseKeys(store, ({ type, id }) => ({ type: stockName(type), id })),
  },
  ...['-', ':', '/', '.', ' ', '\0', '|', '_', ''].map((separator) => ({
    name: `joins type and id with ${JSON.stringify(separator)}`,
    must: STORE_MUST.distinct,
    caughtBy: ['types and ids that join to the same text stay apart'],
    breakIt: joinKeys(separator),
  })),
  {
    name: 'keeps record ids as UTF-8',
    must: STORE_MUST.distinct,
    caughtBy: ['record ids with half of a character stay apart, or are refused'],
    breakIt: (store) => confuseKeys(store, ({ type, id }) => ({ type, id: Buffer.from(id).toString() })),
  },
  {
    name: 'forgets the odd names when creds or lifecycle are written alone',
    must: STORE_MUST.distinct,
    caughtBy: ['records of odd names outlive a write of creds or lifecycle alone under a new lease'],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => {
        await write(sessionId, changes, options)
        if (options.fencingToken === undefined || !changes.every(({ id }) => id === '')) return
        store.put(sessionId, new Map([...store.recordsOf(sessionId)].filter(([, { id }]) => !id.includes(':'))))
      }),
  },
  { name: 'names sessions as stock files are named', must: STORE_MUST.distinct, caughtBy: [IDS_APART], breakIt: (store) => confuseIds(store, stockName) },
  {
    name: 'makes paths of session ids',
    must: STORE_MUST.distinct,
    caughtBy: [IDS_APART],
    breakIt: (store) => confuseIds(store, (sessionId) => new URL(encodeURI(`file:///${sessionId}`)).pathname),
  },
  {
    name: 'normalizes session ids',
    must: STORE_MUST.distinct,
    caughtBy: [IDS_APART],
    breakIt: (store) => confuseIds(store, (sessionId) => sessionId.normalize()),
  },
  {
    name: 'normalizes session ids for compatibility',
    must: STORE_MUST.distinct,
    caughtBy: [IDS_APART],
    breakIt: (store) => confuseIds(store, (sessionId) => sessionId.normalize('NFKC')),
  },
  { name: 'trims session ids', must: STORE_MUST.distinct, caughtBy: [IDS_APART], breakIt: (store) => confuseIds(store, (sessionId) => sessionId.trim()) },
  {
    name: 'refuses session ids with a slash',
    must: STORE_MUST.distinct,
    caughtBy: [IDS_APART],
    breakIt: refuseIds(
      (sessionId) => sessionId.includes('/'),
      () => refusal('INVALID_SESSION_ID'),
    ),
  },
  {
    name: 'deletes every session whose id begins alike',
    must: STORE_MUST.distinct,
    caughtBy: ['a session whose id begins with that of another is another'],
    breakIt: (store) =>
      aroundDelete(store, (remove) => async (sessionId, options) => {
        await remove(sessionId, options)
        for (const other of [...store.memory.sessions.keys()]) if (other.startsWith(sessionId)) store.memory.sessions.delete(other)
      }),
  },
  {
    name: 'deletes what matches the id as a pattern',
    must: STORE_MUST.distinct,
    caughtBy: ['a session whose id begins with that of another is another'],
    breakIt: (store) =>
      aroundDelete(store, (remove) => async (sessionId, options) => {
        await remove(sessionId, options)
        for (const other of [...store.memory.sessions.keys()])
          if (sessionId === `${other[0] ?? ''}*` && other.startsWith(sessionId.slice(0, -1))) store.memory.sessions.delete(other)
      }),
  },
  {
    name: 'folds the case of session ids',
    must: STORE_MUST.refuseId,
    caughtBy: [CASE_IDS],
    breakIt: (store) => confuseIds(store, (sessionId) => sessionId.toLowerCase()),
  },
  {
    name: 'answers for a session in another case',
    must: STORE_MUST.refuseId,
    caughtBy: [CASE_IDS],
    breakIt: (store) => {
      const records = store.records.bind(store)
      const spelling = (sessionId: string): string =>
        [...store.memory.sessions.keys()].find((key) => key.toLowerCase() === sessionId.toLowerCase()) ?? sessionId
      store.records = (sessionId) => records(spelling(sessionId))
      aroundRead(store, (read) => (sessionId, keys) => read(spelling(sessionId), keys))
      refuseIds(
        (sessionId) => spelling(sessionId) !== sessionId,
        () => refusal('INVALID_SESSION_ID'),
      )(store)
    },
  },
  {
    name: 'gives the lock of a session that it refuses to nobody',
    must: STORE_MUST.refuseId,
    caughtBy: [AWKWARD_IDS],
    breakIt: (store) => {
      const acquire = store.lock.acquire.bind(store.lock)
      store.lock.acquire = async (sessionId) => {
        if (sessionId.length > 255) throw refusal('STORE_UNAVAILABLE')
        return acquire(sessionId)
      }
      refuseIds(
        (sessionId) => sessionId.length > 255,
        () => refusal('INVALID_SESSION_ID'),
      )(store)
    },
  },
  {
    name: 'cuts session ids at 255 characters',
    must: STORE_MUST.refuseId,
    caughtBy: [AWKWARD_IDS],
    breakIt: (store) => confuseIds(store, (sessionId) => sessionId.slice(0, 255)),
  },
  {
    name: 'refuses long session ids with an error of its own',
    must: STORE_MUST.refuseId,
    caughtBy: [AWKWARD_IDS],
    breakIt: refuseIds(
      (sessionId) => sessionId.length > 255,
      () => new RangeError('ENAMETOOLONG'),
    ),
  },
  {
    name: 'takes no id for a default one',
    must: STORE_MUST.refuseId,
    caughtBy: [AWKWARD_IDS],
    breakIt: (store) => confuseIds(store, (sessionId) => (sessionId === '' ? 'default' : sessionId)),
  },
  {
    name: 'ends session ids at a line end',
    must: STORE_MUST.refuseId,
    caughtBy: [AWKWARD_IDS],
    breakIt: (store) => confuseIds(store, (sessionId) => sessionId.split(/\r?\n/u)[0] ?? ''),
  },
  {
    name: 'keeps session ids as UTF-8',
    must: STORE_MUST.refuseId,
    caughtBy: [HALF_IDS],
    breakIt: (store) => confuseIds(store, (sessionId) => Buffer.from(sessionId).toString()),
  },
]
