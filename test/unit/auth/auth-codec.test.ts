import * as baileys from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { decodeAuthValue, decodeCreds, decodeSignalKey, encodeAuthValue } from '../../../src/auth/auth-codec.js'
import { fakeKeyPair, fakePairedCreds } from '../../../src/testing/fake-creds.js'

type SignalTypes = baileys.SignalDataTypeMap
const { BufferJSON, proto } = baileys

/** What stock Baileys would have in its file. */
const stockText = (value: unknown): string => JSON.stringify(value, BufferJSON.replacer)
const stockValue = (text: string): unknown => JSON.parse(text, BufferJSON.reviver)
const bytes = (...values: number[]): Buffer => Buffer.from(values)

const syncKey = proto.Message.AppStateSyncKeyData.fromObject({
  keyData: bytes(1, 2, 250),
  fingerprint: { rawId: 7, currentIndex: 1, deviceIndexes: [0, 1] },
  timestamp: 1_700_000_000,
})

/** One value, and sometimes more, of every type of Signal key there is: a new type makes this fail to compile. */
const samples: { [Type in keyof SignalTypes]: SignalTypes[Type][] } = {
  'pre-key': [fakeKeyPair()],
  session: [bytes(0, 1, 2, 255), Uint8Array.of(9, 8, 7)],
  'sender-key': [bytes(), bytes(123)],
  'sender-key-memory': [{}, { '49151000001@s.whatsapp.net': true, '49151000002:3@s.whatsapp.net': false }],
  'app-state-sync-key': [syncKey],
  'app-state-sync-version': [
    {
      version: 12,
      hash: bytes(...Array.from({ length: 128 }, (_, index) => index)),
      indexValueMap: { 'aGVsbG8=': { valueMac: bytes(5, 6) }, '1234': { valueMac: bytes(7) } },
    },
  ],
  'lid-mapping': ['12345678901234', ''],
  'device-list': [['0', '1', '17'], []],
  tctoken: [{ token: bytes(4, 5, 6), timestamp: '1700000000' }],
  'identity-key': [bytes(5, ...Array.from({ length: 32 }, (_, index) => 255 - index))],
}

const rows = Object.entries(samples).flatMap(([type, values]) => values.map((value, index) => [type as keyof SignalTypes, index, value] as const))

describe('the codec and Baileys read each other', () => {
  it.each(rows)('%s, sample %i', (type, _index, value) => {
    const mine = encodeAuthValue(value)
    const stocks = stockText(value)
    expect(mine).toBe(stocks)
    expect(decodeAuthValue(stocks)).toEqual(stockValue(stocks))
    const revived = decodeSignalKey(baileys, type, mine)
    expect(encodeAuthValue(revived)).toBe(mine)
  })

  it('new creds, and creds of a linked device', () => {
    for (const creds of [baileys.initAuthCreds(), fakePairedCreds()]) {
      expect(encodeAuthValue(creds)).toBe(stockText(creds))
      expect(decodeCreds(stockText(creds))).toEqual(stockValue(encodeAuthValue(creds)))
      expect(decodeCreds(encodeAuthValue(creds)).noiseKey.private).toEqual(creds.noiseKey.private)
    }
  })

  it('the key of the application state comes back as the protobuf message that it was', () => {
    const revived = decodeSignalKey(baileys, 'app-state-sync-key', encodeAuthValue(syncKey))
    expect(revived).toBeInstanceOf(proto.Message.AppStateSyncKeyData)
    expect(Buffer.from(revived.keyData ?? [])).toEqual(bytes(1, 2, 250))
    expect(revived.fingerprint?.deviceIndexes).toEqual([0, 1])
  })
})

describe('bytes', () => {
  it.each<[name: string, text: string, value: unknown]>([
    ['base64 text', '{"type":"Buffer","data":"AQL/"}', bytes(1, 2, 255)],
    ['nothing', '{"type":"Buffer","data":""}', bytes()],
    ['a list, as plain JSON writes a Buffer', '{"type":"Buffer","data":[1,2,255]}', bytes(1, 2, 255)],
    ['an object of bytes, as plain JSON writes a Uint8Array', '{"0":1,"1":2,"2":255}', bytes(1, 2, 255)],
    ['inside something', '{"a":[{"b":{"type":"Buffer","data":"AQ=="}}]}', { a: [{ b: bytes(1) }] }],
  ])('from %s', (_name, text, value) => {
    expect(decodeAuthValue(text)).toEqual(value)
  })

  it.each<[name: string, value: unknown]>([
    ['jids to numbers', { '49151000001@s.whatsapp.net': 3, '49151000002@s.whatsapp.net': 255 }],
    ['numbers to numbers that count from elsewhere', { 5: 1, 7: 2 }],
    ['indexes to numbers that are no bytes', { 0: 256, 1: -1 }],
    ['indexes to fractions', { 0: 0.5 }],
    ['indexes to texts', { 0: 'a' }],
    ['a list', [1, 2, 3]],
    ['an empty object', {}],
    ['a lookalike without data', { type: 'Buffer' }],
    ['a lookalike with something else', { type: 'Buffer', data: { a: 1 } }],
    ['a list that holds no bytes', { type: 'Buffer', data: [1, 'a', 300] }],
    ['null and numbers', { a: null, b: 0, c: false, d: '' }],
  ])('are not made of %s', (_name, value) => {
    const text = JSON.stringify(value)
    expect(decodeAuthValue(text)).toEqual(JSON.parse(text))
  })

  it('of a part of a larger buffer are those of the part', () => {
    const whole = Uint8Array.of(9, 1, 2, 3, 9)
    expect(decodeAuthValue(encodeAuthValue(whole.subarray(1, 4)))).toEqual(bytes(1, 2, 3))
  })

  it('keep `__proto__` a name like any other', () => {
    const value: unknown = decodeAuthValue('{"__proto__":{"polluted":true}}')
    expect(Object.getOwnPropertyNames(value)).toEqual(['__proto__'])
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
    const named: unknown = decodeAuthValue('{"a":1,"__proto__":{"type":"Buffer","data":"AQ=="}}')
    expect(JSON.stringify(named)).toBe('{"a":1,"__proto__":{"type":"Buffer","data":[1]}}')
  })

  it.each(['', '{', 'undefined', '{"type":"Buffer"'])('text that is no JSON (%j) is refused', (text) => {
    expect(() => decodeAuthValue(text)).toThrow(SyntaxError)
  })
})
