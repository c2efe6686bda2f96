import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { encrypted, type EncryptionOptions, MemorySessionStore, type SessionStore } from '../../../src/index.js'

const key = (byte: number): Buffer => Buffer.alloc(32, byte)
const SALT = 'sixteen bytes or more'
const make = (options: unknown): unknown => encrypted(new MemorySessionStore(), options as EncryptionOptions)
const withKey = (value: unknown): unknown => make({ keys: { main: value }, currentKeyId: 'main' })

describe('options that cannot be used are refused when the store is made', () => {
  it('what is no store', () => {
    expect(() => encrypted({} as SessionStore, { keys: { main: key(1) }, currentKeyId: 'main' })).toThrow(/^Argument "store" must be a session store/u)
  })

  it.each([
    ['no keys', { currentKeyId: 'main' }, TypeError, /"keys" must be an object/],
    ['keys as a list', { keys: [key(1)], currentKeyId: '0' }, TypeError, /"keys" must be an object/],
    ['keys as a map', { keys: new Map([['main', key(1)]]), currentKeyId: 'main' }, TypeError, /"keys" must be an object/],
    ['a key in the place of keys', { keys: key(1), currentKeyId: '0' }, TypeError, /"keys" must be an object/],
    ['no key at all', { keys: {}, currentKeyId: 'main' }, RangeError, /"main" is not among them/],
    ['a current key that is not there', { keys: { old: key(1) }, currentKeyId: 'new' }, RangeError, /"new" is not among them/],
    ['a current key that every object has', { keys: { old: key(1) }, currentKeyId: 'constructor' }, RangeError, /"constructor" is not among them/],
    ['no current key', { keys: { main: key(1) } }, TypeError, /"currentKeyId" must be a string, but is of type undefined/],
    ['an empty key id', { keys: { '': key(1) }, currentKeyId: '' }, RangeError, /key id "".*1 to 64 characters/],
    ['a long key id', { keys: { ['x'.repeat(65)]: key(1) }, currentKeyId: 'x'.repeat(65) }, RangeError, /1 to 64 characters/],
    ['a key id with a line break', { keys: { 'a\nb': key(1) }, currentKeyId: 'a\nb' }, RangeError, /without control characters/],
    ['a key id with half a character', { keys: { '\ud83e': key(1) }, currentKeyId: '\ud83e' }, RangeError, /is invalid/],
    [
      'allowPlain that is no flag',
      { keys: { main: key(1) }, currentKeyId: 'main', allowPlain: 'yes' },
      TypeError,
      /"allowPlain" must be true or false, but is of type string/,
    ],
  ] as const)('%s', (_name, options, kind, message) => {
    expect(() => make(options)).toThrow(kind)
    expect(() => make(options)).toThrow(message)
  })

  it.each([0, 16, 24, 31, 33, 64])('a key of %i bytes', (length) => {
    expect(() => withKey(new Uint8Array(length))).toThrow(new RangeError(`Option "keys["main"]" must have exactly 32 bytes, but has ${length}.`))
  })

  it.each([
    ['a text', 'ab'.repeat(32), TypeError, /Uint8Array of 32 bytes or \{ passphrase, salt \}, but is of type string.*base64/],
    ['null', null, TypeError, /but is null/],
    ['an ArrayBuffer', new ArrayBuffer(32), TypeError, /but is of type object/],
    ['a passphrase without a salt', { passphrase: 'long enough to be one' }, TypeError, /\{ passphrase, salt \}/],
    ['an empty passphrase', { passphrase: '', salt: SALT }, RangeError, /passphrase" must have at least 12 characters, but has 0/],
    ['a short passphrase', { passphrase: 'hunter2hunt', salt: SALT }, RangeError, /at least 12 characters, but has 11/],
    ['a passphrase of bytes', { passphrase: key(1), salt: SALT }, TypeError, /passphrase" must be a string, but is of type object/],
    ['a short salt', { passphrase: 'long enough to be one', salt: 'fifteen bytes..' }, RangeError, /salt" must have at least 16 bytes, but has 15/],
    [
      'a salt that is a number',
      { passphrase: 'long enough to be one', salt: 1234567890123456 },
      TypeError,
      /salt" must be a string or a Uint8Array, but is of type number/,
    ],
  ] as const)('%s as a key', (_name, value, kind, message) => {
    expect(() => withKey(value)).toThrow(kind)
    expect(() => withKey(value)).toThrow(message)
  })

  it('without quoting the key in the message', () => {
    for (const value of ['SECRET'.repeat(6), { passphrase: 'SECRET', salt: SALT }, { passphrase: 'SECRET', salt: 'SECRET' }, Buffer.from('SECRET')]) {
      expect(() => withKey(value)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('SECRET') }))
    }
  })
})

describe('the keys', () => {
  it.each(['__proto__', 'constructor', 'toString', '0', ' ', '"', '\\', '🦊', 'a'.repeat(64)])('may have the id %j', async (keyId) => {
    const inner = new MemorySessionStore()
    const keys = Object.fromEntries([[keyId, key(1)]])
    const store = encrypted(inner, { keys, currentKeyId: keyId })
    await store.write('a', [{ type: 'pre-key', id: '1', value: 'v' }])
    expect(await store.read('a', [{ type: 'pre-key', id: '1' }])).toEqual([{ type: 'pre-key', id: '1', value: 'v' }])
    const [record] = await inner.read('a', [{ type: 'pre-key', id: '1' }])
    expect(JSON.parse(record?.value ?? '')).toMatchObject({ keyId })
  })

  it('are copied: what the caller does to its bytes later changes nothing', async () => {
    const inner = new MemorySessionStore()
    const bytes = key(1)
    const keys = { main: bytes }
    const store = encrypted(inner, { keys, currentKeyId: 'main' })
    bytes.fill(9)
    keys.main = key(8)
    await store.write('a', [{ type: 'pre-key', id: '1', value: 'v' }])
    const again = encrypted(inner, { keys: { main: key(1) }, currentKeyId: 'main' })
    expect(await again.read('a', [{ type: 'pre-key', id: '1' }])).toHaveLength(1)
  })

  it('are shown by no look at the store, before and after they were used', async () => {
    const passphrase = 'correct horse battery'
    const bytes = Buffer.from('0123456789abcdefghijklmnopqrstuv')
    const store = encrypted(new MemorySessionStore(), { keys: { raw: bytes, phrase: { passphrase, salt: SALT } }, currentKeyId: 'raw' })
    const looks = (): string => [inspect(store, { depth: 20, showHidden: true, getters: true }), JSON.stringify(store), Object.keys(store).join()].join('\n')
    const before = looks()
    await store.write('a', [{ type: 'pre-key', id: '1', value: 'v' }])
    for (const text of [before, looks()]) {
      for (const secret of [passphrase, SALT, bytes.toString(), bytes.toString('hex'), bytes.toString('base64'), '30 31 32 33', '48, 49, 50'])
        expect(text).not.toContain(secret)
    }
  })
})
