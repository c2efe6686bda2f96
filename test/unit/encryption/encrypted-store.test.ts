import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encrypted,
  type EncryptionOptions,
  isSessionError,
  MemorySessionStore,
  type RecordKey,
  type SessionStore,
  type StoredRecord,
} from '../../../src/index.js'
import { collect } from '../../support/collect.js'
import { WatchedSessionStore } from '../../support/watched-session-store.js'

const KEYS = { k1: Buffer.alloc(32, 1), k2: Buffer.alloc(32, 2) }
const WITH_K1: EncryptionOptions = { keys: { k1: KEYS.k1 }, currentKeyId: 'k1' }
const CREDS: RecordKey = { type: 'creds', id: '' }
const KEY: RecordKey = { type: 'pre-key', id: '12' }
const TEXT = '{"secret":"The private key","more":"ü🙂"}'

/** The text of a record as it lies in the store. */
async function raw(inner: SessionStore, sessionId = 'a', key: RecordKey = KEY): Promise<string> {
  const [record] = await inner.read(sessionId, [key])
  return record?.value ?? ''
}

const put = (inner: SessionStore, value: string, sessionId = 'a', key: RecordKey = KEY): Promise<void> => inner.write(sessionId, [{ ...key, value }])

async function sealed(): Promise<{ inner: MemorySessionStore; store: SessionStore }> {
  const inner = new MemorySessionStore()
  const store = encrypted(inner, WITH_K1)
  await store.write('a', [{ ...KEY, value: TEXT }])
  return { inner, store }
}

/** What a read came to: the text, or the code of its refusal. */
async function outcomeOf(store: SessionStore, sessionId = 'a', key: RecordKey = KEY): Promise<string> {
  try {
    const [record] = await store.read(sessionId, [key])
    return record === undefined ? 'absent' : `text ${record.value}`
  } catch (error) {
    if (!isSessionError(error)) throw error
    expect(error.sessionId).toBe(sessionId)
    for (const secret of ['The private key', KEYS.k1.toString('hex'), KEYS.k1.toString('base64')])
      expect(`${error.message} ${String(error.cause)}`).not.toContain(secret)
    return error.code
  }
}

describe('an encrypted record', () => {
  it('is one line of JSON that shows nothing of the text, and names its version, its key and what AES-GCM needs', async () => {
    const { inner } = await sealed()
    const text = await raw(inner)
    expect(text).toMatch(
      /^\{"encrypted":1,"keyId":"k1","keyCheck":"[\w-]{12}","iv":"[A-Za-z0-9+/]{16}","tag":"[A-Za-z0-9+/]{22}==","data":"[A-Za-z0-9+/]+=*"\}$/,
    )
    expect(text).not.toContain('secret')
    expect(Buffer.from(text.split('"data":"')[1] ?? '', 'base64').toString('latin1')).not.toContain('private')
  })

  it('has another IV, and other bytes, with each write of the same text', async () => {
    const { inner, store } = await sealed()
    const texts = new Set<string>()
    const ivs = new Set<string>()
    for (let round = 0; round < 200; round++) {
      await store.write('a', [{ ...KEY, value: TEXT }])
      const text = await raw(inner)
      texts.add(text)
      ivs.add((JSON.parse(text) as { iv: string }).iv)
    }
    expect([texts.size, ivs.size]).toEqual([200, 200])
  })

  it('property: comes back as it was, whatever it, its session, its type and its id are', async () => {
    const text = fc.string({ unit: 'binary' })
    await fc.assert(
      fc.asyncProperty(text, text, text, text, async (sessionId, type, id, value) => {
        const inner = new MemorySessionStore()
        const store = encrypted(inner, WITH_K1)
        await store.write(sessionId, [{ type, id, value }])
        expect(await store.read(sessionId, [{ type, id }])).toEqual([{ type, id, value }])
        if (value.length > 4) expect(await raw(inner, sessionId, { type, id })).not.toContain(JSON.stringify(value).slice(1, -1))
      }),
      { numRuns: 300 },
    )
  })

  it.each([{}, { allowPlain: true }])('property: with any one bit of it changed it is refused (%o)', async (options) => {
    const { inner } = await sealed()
    const store = encrypted(inner, { ...WITH_K1, ...options })
    const bytes = Buffer.from(await raw(inner))
    // Each one, not a sample: there are not that many.
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      await put(inner, changed.toString('utf8'))
      expect(['RECORD_CORRUPT', 'WRONG_KEY'], `bit ${bit}: ${changed.toString('utf8')}`).toContain(await outcomeOf(store))
    }
  })

  it.each([{}, { allowPlain: true }])('is refused however it is cut off (%o)', async (options) => {
    const { inner } = await sealed()
    const store = encrypted(inner, { ...WITH_K1, ...options })
    const text = await raw(inner)
    for (let length = 1; length < text.length; length++) {
      await put(inner, text.slice(0, length))
      expect(await outcomeOf(store), text.slice(0, length)).toBe('RECORD_CORRUPT')
    }
  })

  it.each([
    ['an empty text', () => ''],
    ['another version of it', (text: string) => text.replace('{"encrypted":1', '{"encrypted":0')],
    ['a later version of it', (text: string) => text.replace('{"encrypted":1', '{"encrypted":2')],
    ['spaces in it', (text: string) => text.replace('"iv":', '"iv": ')],
    ['a line break after it', (text: string) => `${text}\n`],
    ['its fields in another order', (text: string) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).reverse()))],
    ['one more field', (text: string) => text.replace('"iv":', '"more":1,"iv":')],
    ['a field twice', (text: string) => text.replace('"iv":', '"tag":"","iv":')],
    ['bytes as base64 that others read, too', (text: string) => text.replace(/==","data/, '","data')],
    ['a short tag', (text: string) => text.replace(/"tag":"[^"]+"/, `"tag":"${Buffer.alloc(4).toString('base64')}"`)],
    ['a short IV', (text: string) => text.replace(/"iv":"[^"]+"/, `"iv":"${Buffer.alloc(8).toString('base64')}"`)],
    ['fields that are no texts', (text: string) => text.replace(/"tag":"[^"]+"/, '"tag":1')],
    ['null', () => '{"encrypted":null}'],
    ['another check of its key', (text: string) => text.replace(/"keyCheck":"[^"]+"/, '"keyCheck":"AAAAAAAAAAAA"')],
  ])('is RECORD_CORRUPT with %s', async (_name, change) => {
    const { inner, store } = await sealed()
    await put(inner, change(await raw(inner)))
    expect(await outcomeOf(store)).toBe('RECORD_CORRUPT')
  })

  it('of a later version says to update', async () => {
    const { inner, store } = await sealed()
    await put(inner, '{"encrypted":2,"whatever":"comes"}')
    await expect(store.read('a', [KEY])).rejects.toThrow(/newer version of baileys-sessions.*Update the package/)
  })

  it.each([
    ['in the place of another record', 'a', { type: 'pre-key', id: '13' }],
    ['in the place of a record of another type', 'a', { type: 'sender-key', id: '12' }],
    ['in another session', 'b', KEY],
    ['where all names together are the same text', 'apre-key', { type: '', id: '12' }],
    ['where type and id together are the same text', 'a', { type: 'pre-key1', id: '2' }],
  ])('is RECORD_CORRUPT %s', async (_name, sessionId, key) => {
    const { inner, store } = await sealed()
    await put(inner, await raw(inner), sessionId, key)
    expect(await outcomeOf(store, sessionId, key)).toBe('RECORD_CORRUPT')
    expect(await outcomeOf(store)).toBe(`text ${TEXT}`)
  })

  it('that is swapped with another one fails both', async () => {
    const { inner, store } = await sealed()
    const other = { type: 'pre-key', id: '13' }
    await store.write('a', [{ ...other, value: 'another' }])
    const [mine, theirs] = [await raw(inner), await raw(inner, 'a', other)]
    await inner.write('a', [
      { ...KEY, value: theirs },
      { ...other, value: mine },
    ])
    expect([await outcomeOf(store), await outcomeOf(store, 'a', other)]).toEqual(['RECORD_CORRUPT', 'RECORD_CORRUPT'])
  })

  it('that is refused is left as it is, and holds up no other record', async () => {
    const { inner, store } = await sealed()
    await store.write('a', [{ ...CREDS, value: 'the creds' }])
    await put(inner, '{"encrypted":1,')
    expect(await outcomeOf(store, 'a', CREDS)).toBe('text the creds')
    await expect(store.read('a', [CREDS, KEY])).rejects.toMatchObject({
      code: 'RECORD_CORRUPT',
      message: expect.stringMatching(/^The record pre-key "12" of session "a" was altered(?!.*(delete|link the phone again))/u),
    })
    expect(await raw(inner)).toBe('{"encrypted":1,')
  })
})

describe('keys that change', () => {
  it('old ones still read, and each write moves on to the current one', async () => {
    const { inner } = await sealed()
    const store = encrypted(inner, { keys: KEYS, currentKeyId: 'k2' })
    expect(await outcomeOf(store)).toBe(`text ${TEXT}`)
    expect(JSON.parse(await raw(inner))).toMatchObject({ keyId: 'k1' })
    await store.write('a', [{ ...KEY, value: 'new' }])
    expect(JSON.parse(await raw(inner))).toMatchObject({ keyId: 'k2' })
    expect(await outcomeOf(store)).toBe('text new')
    expect(await outcomeOf(encrypted(inner, WITH_K1))).toBe('WRONG_KEY')
  })

  it('a read takes records of several keys', async () => {
    const { inner } = await sealed()
    const store = encrypted(inner, { keys: KEYS, currentKeyId: 'k2' })
    await store.write('a', [{ ...CREDS, value: 'creds' }])
    expect((await store.read('a', [KEY, CREDS])).map(({ value }) => value)).toEqual([TEXT, 'creds'])
  })

  it.each<[string, EncryptionOptions, RegExp]>([
    ['that is not among the keys', { keys: { k2: KEYS.k2 }, currentKeyId: 'k2' }, /encrypted with the key "k1", which you did not give.*Add that key/],
    ['under whose id there is another one', { keys: { k1: KEYS.k2 }, currentKeyId: 'k1' }, /a different key from the one you gave as "k1"/],
  ])('one %s is WRONG_KEY, and says what to do', async (_name, options, message) => {
    const { inner } = await sealed()
    const before = await raw(inner)
    await expect(encrypted(inner, options).read('a', [KEY])).rejects.toMatchObject({
      code: 'WRONG_KEY',
      sessionId: 'a',
      message: expect.stringMatching(message),
    })
    expect(await raw(inner)).toBe(before)
  })
})

describe('records that are not encrypted', () => {
  it('are RECORD_CORRUPT, with the command that encrypts them', async () => {
    const { inner, store } = await sealed()
    for (const value of [TEXT, '', 'no JSON', '{}', '[]', '"', 'null', '{"encrypted" :1}', '{"encryption":1}']) {
      await put(inner, value)
      await expect(store.read('a', [KEY]), value).rejects.toMatchObject({
        code: 'RECORD_CORRUPT',
        message: expect.stringMatching(/is not encrypted.*"baileys-sessions encrypt".*allowPlain/),
      })
    }
  })

  it('are read with allowPlain, and encrypted by the next write', async () => {
    const { inner } = await sealed()
    const store = encrypted(inner, { ...WITH_K1, allowPlain: true })
    for (const value of [TEXT, '', 'no JSON', '{}', '[]', '"', 'null', '{"encryption":1}']) {
      await put(inner, value)
      expect(await outcomeOf(store)).toBe(`text ${value}`)
      await store.write('a', [{ ...KEY, value }])
      expect(JSON.parse(await raw(inner))).toMatchObject({ encrypted: 1 })
      expect(await outcomeOf(encrypted(inner, WITH_K1))).toBe(`text ${value}`)
    }
  })
})

describe('what is not encrypted', () => {
  it('passes through: list, records, delete, close, the lock and its tokens', async () => {
    const inner = new WatchedSessionStore()
    const store = encrypted(inner, WITH_K1)
    expect(store.lock).toBe(store.lock)
    await store.write('a', [
      { ...KEY, value: TEXT },
      { ...CREDS, value: 'c' },
    ])
    expect([await collect(store.list()), await collect(store.records('a'))]).toEqual([['a'], [KEY, CREDS]])
    await store.write('a', [{ ...KEY, value: null }])
    expect(await collect(inner.records('a'))).toEqual([CREDS])
    const lease = await store.lock.acquire('a')
    await expect(store.write('a', [{ ...KEY, value: TEXT }])).rejects.toMatchObject({ code: 'STALE_WRITER' })
    await store.write('a', [{ ...KEY, value: TEXT }], { fencingToken: lease?.fencingToken ?? 0, replaceAll: true })
    expect(await collect(inner.records('a'))).toEqual([KEY])
    await store.delete('a', { fencingToken: lease?.fencingToken ?? 0 })
    expect(await collect(inner.list())).toEqual([])
    await store.close()
    await expect(inner.read('a', [])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  it('what else a store says of a record is handed on', async () => {
    const { inner } = await sealed()
    const read = inner.read.bind(inner)
    inner.read = async (...args) => (await read(...args)).map((record): StoredRecord => ({ ...record, restoredFrom: 'backup' }))
    expect(await encrypted(inner, WITH_K1).read('a', [KEY])).toEqual([{ ...KEY, value: TEXT, restoredFrom: 'backup' }])
  })

  it('a value that cannot come back as it was is refused, with its whole call', async () => {
    const { inner, store } = await sealed()
    const before = await raw(inner)
    for (const value of ['\ud83e', 7 as unknown as string, undefined as unknown as string]) {
      await expect(
        store.write('a', [
          { ...KEY, value: 'new' },
          { ...CREDS, value },
        ]),
      ).rejects.toThrow(TypeError)
    }
    expect([await raw(inner), await raw(inner, 'a', CREDS)]).toEqual([before, ''])
  })
})
