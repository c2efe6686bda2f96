import { STORE_MUST } from '../../../src/testing/contracts/session-store/store-musts.js'
import { aroundDelete, aroundWrite, confuseIds, refusal, tick } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import { keyText, type SharedStore } from './shared-memory.js'

function textOf(value: unknown): string {
  return String(value)
}

/** What a batch does. */
export const BATCHES: readonly Mutant<SharedStore>[] = [
  {
    name: 'keeps the first 500 changes of a write',
    must: STORE_MUST.allOrNone,
    caughtBy: ['812 records are written, read and deleted in one call'],
    breakIt: (store) => aroundWrite(store, (write) => (sessionId, changes, options) => write(sessionId, changes.slice(0, 500), options)),
  },
  {
    name: 'resolves before the change can be seen',
    must: STORE_MUST.allOrNone,
    caughtBy: ['one write adds, changes and deletes'],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => {
        store.check(sessionId, options.fencingToken)
        void tick()
          .then(() => write(sessionId, changes, options))
          .catch(() => undefined)
      }),
  },
  {
    name: 'deletes nothing in a write',
    must: STORE_MUST.allOrNone,
    caughtBy: ['one write adds, changes and deletes'],
    breakIt: (store) =>
      aroundWrite(
        store,
        (write) => (sessionId, changes, options) =>
          write(
            sessionId,
            changes.filter(({ value }) => value !== null),
            options,
          ),
      ),
  },
  {
    name: 'replaces everything always',
    must: STORE_MUST.allOrNone,
    caughtBy: ['without replaceAll the other records stay', 'one write adds, changes and deletes'],
    breakIt: (store) => aroundWrite(store, (write) => (sessionId, changes, options) => write(sessionId, changes, { ...options, replaceAll: true })),
  },
  {
    name: 'keeps the first of several changes to one record',
    must: STORE_MUST.lastCounts,
    caughtBy: ['of several changes to one record the last one counts'],
    breakIt: (store) => aroundWrite(store, (write) => (sessionId, changes, options) => write(sessionId, [...changes].reverse(), options)),
  },
  {
    name: 'deletes after it has written',
    must: STORE_MUST.lastCounts,
    caughtBy: ['of several changes to one record the last one counts'],
    breakIt: (store) =>
      aroundWrite(
        store,
        (write) => (sessionId, changes, options) =>
          write(sessionId, [...changes.filter(({ value }) => value !== null), ...changes.filter(({ value }) => value === null)], options),
      ),
  },
  {
    name: 'writes one change after another',
    must: STORE_MUST.refuseWhole,
    caughtBy: ['a change in the middle that fails refuses the whole write', 'a value that is no text refuses the whole write'],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => {
        if (options.replaceAll === true) return write(sessionId, changes, options)
        for (const change of changes) await write(sessionId, [change], options)
      }),
  },
  {
    name: 'clears a session before it replaces everything',
    must: STORE_MUST.refuseWhole,
    caughtBy: ['a change in the middle that fails refuses the whole write'],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => {
        if (options.replaceAll === true) await write(sessionId, [], options)
        await write(sessionId, changes, options)
      }),
  },
  {
    name: 'makes a text of what is none',
    must: STORE_MUST.refuseWhole,
    caughtBy: ['a value that is no text refuses the whole write'],
    breakIt: (store) =>
      aroundWrite(
        store,
        (write) => (sessionId, changes, options) =>
          write(
            sessionId,
            changes.map(({ type, id, value }) => ({ type, id, value: value === null ? null : textOf(value) })),
            options,
          ),
      ),
  },
  {
    name: 'skips a change that it cannot store',
    must: STORE_MUST.refuseWhole,
    caughtBy: ['a value that is no text refuses the whole write'],
    breakIt: (store) =>
      aroundWrite(
        store,
        (write) => (sessionId, changes, options) =>
          write(
            sessionId,
            changes.filter(({ value }) => value === null || typeof value === 'string'),
            options,
          ),
      ),
  },
  {
    name: 'refuses every write after one that failed',
    must: STORE_MUST.refuseWhole,
    caughtBy: ['a change in the middle that fails refuses the whole write'],
    breakIt: (store) =>
      aroundWrite(store, (write) => {
        let last = Promise.resolve()
        return async (sessionId, changes, options) => {
          last = last.then(() => write(sessionId, changes, options))
          await last
        }
      }),
  },
  {
    name: 'ignores replaceAll',
    must: STORE_MUST.replaceAll,
    caughtBy: ['replaceAll removes what is not among the changes'],
    breakIt: (store) => aroundWrite(store, (write) => (sessionId, changes, options) => write(sessionId, changes, { ...options, replaceAll: false })),
  },
  {
    name: 'does nothing when there are no changes',
    must: STORE_MUST.replaceAll,
    caughtBy: ['replaceAll removes everything when nothing is written'],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => {
        if (changes.some(({ value }) => value !== null) || options.replaceAll !== true) await write(sessionId, changes, options)
      }),
  },
  {
    name: 'replaces the records of every session',
    must: STORE_MUST.replaceAll,
    caughtBy: ['replaceAll removes what is not among the changes'],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => {
        if (options.replaceAll === true) store.memory.sessions.clear()
        await write(sessionId, changes, options)
      }),
  },
  {
    name: 'replaces only what is there',
    must: STORE_MUST.replaceAll,
    caughtBy: ['replaceAll writes a session that is not there yet'],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => {
        if (options.replaceAll !== true || store.memory.sessions.has(sessionId)) await write(sessionId, changes, options)
      }),
  },
  {
    name: 'leaves the lifecycle record when a session is deleted',
    must: STORE_MUST.deleteAll,
    caughtBy: ['delete removes everything of one session, and of no other'],
    breakIt: (store) =>
      aroundDelete(store, (remove) => async (sessionId, options) => {
        const kept = [...store.recordsOf(sessionId)].filter(([, { type }]) => type === 'lifecycle')
        await remove(sessionId, options)
        store.put(sessionId, new Map(kept))
      }),
  },
  {
    name: 'deletes only the creds',
    must: STORE_MUST.deleteAll,
    caughtBy: ['delete removes everything of one session, and of no other'],
    breakIt: (store) => aroundDelete(store, () => async (sessionId) => void store.recordsOf(sessionId).delete(keyText({ type: 'creds', id: '' }))),
  },
  {
    name: 'deletes every session',
    must: STORE_MUST.deleteAll,
    caughtBy: ['delete removes everything of one session, and of no other'],
    breakIt: (store) => aroundDelete(store, () => async () => store.memory.sessions.clear()),
  },
  {
    name: 'rejects a delete of a session that is not there',
    must: STORE_MUST.deleteNothing,
    caughtBy: ['deletes of what is not there succeed'],
    breakIt: (store) =>
      aroundDelete(store, (remove) => async (sessionId, options) => {
        if (!store.memory.sessions.has(sessionId)) throw refusal('STORE_UNAVAILABLE')
        await remove(sessionId, options)
      }),
  },
  {
    name: 'rejects a delete of a record that is not there',
    must: STORE_MUST.deleteNothing,
    caughtBy: ['deletes of what is not there succeed'],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => {
        if (changes.some((change) => change.value === null && !store.recordsOf(sessionId).has(keyText(change)))) throw refusal('STORE_UNAVAILABLE')
        await write(sessionId, changes, options)
      }),
  },
  {
    name: 'takes look-alikes for the session that it deletes',
    must: STORE_MUST.deleteAll,
    caughtBy: ['delete removes everything of one session, and of no other'],
    breakIt: (store) => confuseIds(store, (sessionId) => (sessionId === 'b' ? 'a' : sessionId)),
  },
]
