import { Buffer } from 'node:buffer'
import type { RecordChange } from '../../../src/store/session-store.js'
import { STORE_MUST } from '../../../src/testing/contracts/session-store/store-musts.js'
import { aroundRead, aroundWrite, changeValues, confuseKeys, tick } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import { keyText, type SharedStore } from './shared-memory.js'

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
