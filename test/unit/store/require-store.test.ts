import { expect, it } from 'vitest'
import { MemorySessionStore } from '../../../src/index.js'
import { requireStore } from '../../../src/store/require-store.js'

const storeWith = (changes: object): object => Object.assign(new MemorySessionStore(), changes)

it.each<[argument: unknown, problem: string]>([
  [undefined, 'is undefined'],
  [null, 'is null'],
  ['./sessions', 'is a string'],
  [[new MemorySessionStore()], 'is an array'],
  [Promise.resolve(new MemorySessionStore()), 'has no method "list"'],
  [storeWith({ records: undefined }), 'has no method "records"'],
  [storeWith({ write: 'text' }), 'has no method "write"'],
  [storeWith({ lock: undefined }), 'has no method "lock.acquire"'],
  [storeWith({ lock: { acquire: () => null } }), 'has no method "lock.owner"'],
])('says of an argument that is no store, and names it (%#)', (argument, problem) => {
  expect(() => requireStore('from', argument)).toThrow(new TypeError(`Argument "from" must be a session store, but ${problem}.`))
})

it('takes a store', () => {
  requireStore('from', new MemorySessionStore())
})
