import { Buffer } from 'node:buffer'
import { STORE_MUST } from '../../../src/testing/contracts/session-store/store-musts.js'
import type { RecordChange } from '../../../src/store/session-store.js'
import { aroundDelete, aroundRead, aroundWrite, changeValues, confuseIds, confuseKeys, refusal, tick } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import { keyText, type SharedStore } from './shared-memory.js'

const DAMAGED = ['creds', 'pre-key'].map((type) => `a damaged ${type} is never missing: it is RECORD_CORRUPT, or handed on as it is`)
const UNREACHABLE = 'what cannot be reached is unavailable, never missing'

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

const MENDED = 'damaged creds come back as they were last written, and marked'
const NOT_BROUGHT_BACK = 'a copy of creds brings none back that were removed'

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

/** What values become. */
export const VALUES: readonly Mutant<SharedStore>[] = [
  {
    name: 'trims values',
    must: STORE_MUST.keepValues,
    caughtBy: ['values come back as they were written'],
    breakIt: (store) => changeValues(store, (value) => value.trim()),
  },
  {
    name: 'cuts values at a NUL',
    must: STORE_MUST.keepValues,
    caughtBy: ['values come back as they were written'],
    breakIt: (store) => changeValues(store, (value) => value.split('\0')[0] ?? ''),
  },
  {
    name: 'drops a byte order mark',
    must: STORE_MUST.keepValues,
    caughtBy: ['values come back as they were written'],
    breakIt: (store) => changeValues(store, (value) => value.replace('\ufeff', '')),
  },
  {
    name: 'deletes what is set to an empty text',
    must: STORE_MUST.keepValues,
    caughtBy: ['values come back as they were written'],
    breakIt: (store) =>
      aroundWrite(
        store,
        (write) => (sessionId, changes, options) =>
          write(
            sessionId,
            changes.map((change) => (change.value === '' ? { ...change, value: null } : change)),
            options,
          ),
      ),
  },
  {
    name: 'keeps JSON only',
    must: STORE_MUST.keepValues,
    caughtBy: ['values come back as they were written'],
    breakIt: (store) => changeValues(store, (value) => JSON.stringify(JSON.parse(value))),
  },
  {
    name: 'cuts values at 64 KiB',
    must: STORE_MUST.keepValues,
    caughtBy: ['a value of a million characters comes back'],
    breakIt: (store) => changeValues(store, (value) => value.slice(0, 65_536)),
  },
  {
    name: 'keeps values as UTF-8',
    must: STORE_MUST.keepValues,
    caughtBy: ['a value with half of a character comes back, or is refused'],
    breakIt: (store) => changeValues(store, (value) => Buffer.from(value).toString()),
  },
  {
    name: 'keeps only the types it knows',
    must: STORE_MUST.keepValues,
    caughtBy: ['types that nobody has heard of pass through'],
    breakIt: (store) =>
      aroundWrite(
        store,
        (write) => (sessionId, changes, options) =>
          write(
            sessionId,
            changes.filter(({ type }) => ['creds', 'lifecycle', 'pre-key', 'session'].includes(type)),
            options,
          ),
      ),
  },
  {
    name: 'takes any record of type creds for the creds',
    must: STORE_MUST.keepValues,
    caughtBy: ['types that nobody has heard of pass through'],
    breakIt: (store) => confuseKeys(store, (key) => (key.type === 'creds' ? { type: 'creds', id: '' } : key)),
  },
  {
    name: 'keeps the objects that it is given',
    must: STORE_MUST.copies,
    caughtBy: ['what a caller does to its objects later changes nothing'],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => {
        await write(sessionId, changes, options)
        for (const change of changes)
          if (typeof change.value === 'string') store.recordsOf(sessionId).set(keyText(change), change as RecordChange & { value: string })
      }),
  },
  {
    name: 'hands out the objects that it keeps',
    must: STORE_MUST.copies,
    caughtBy: ['what a caller does to its objects later changes nothing'],
    breakIt: (store) => aroundRead(store, () => async (sessionId, keys) => keys.flatMap((key) => store.recordsOf(sessionId).get(keyText(key)) ?? [])),
  },
  {
    name: 'looks at the changes when their turn comes',
    must: STORE_MUST.copies,
    caughtBy: ['what a caller does to its objects later changes nothing'],
    breakIt: (store) =>
      aroundWrite(store, (write) => async (sessionId, changes, options) => {
        await tick()
        await write(sessionId, changes, options)
      }),
  },
]

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
