import * as real from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/logger.js'
import { fakeBufferJson } from '../../../src/testing/fake-buffer-json.js'
import { fakeAuthCreds, fakePairedCreds } from '../../../src/testing/fake-creds.js'
import { withFakeTransactions } from '../../../src/testing/fake-key-transactions.js'
import { pairedCreds } from '../../../src/testing/index.js'

const options: real.TransactionCapabilityOptions = { maxCommitRetries: 2, delayBetweenTriesMs: 1 }

/** The real thing and the fake, to be held to the same expectations. */
const implementations = [
  ['Baileys', (keys: real.SignalKeyStore) => real.addTransactionCapability(keys, silentLogger(), options)],
  ['the fake', (keys: real.SignalKeyStore) => withFakeTransactions(keys, options)],
] as const

/** Keys in a map, with a record of every `set`; the first `failures` of them reject. */
function recordingKeys(failures = 0): { keys: real.SignalKeyStore; writes: real.SignalDataSet[] } {
  const values = new Map<string, unknown>()
  const writes: real.SignalDataSet[] = []
  let failing = failures
  const get: real.SignalKeyStore['get'] = (type, ids) => {
    const found = ids.filter((id) => values.has(`${type} ${id}`)).map((id) => [id, values.get(`${type} ${id}`)])
    return Object.fromEntries(found) as Record<string, real.SignalDataTypeMap[typeof type]>
  }
  const set = async (data: real.SignalDataSet): Promise<void> => {
    await Promise.resolve()
    if (failing-- > 0) throw new Error('disk full')
    writes.push(structuredClone(data))
    for (const [type, entries] of Object.entries(data)) {
      for (const [id, value] of Object.entries(entries)) values.set(`${type} ${id}`, value)
    }
  }
  return { keys: { get, set }, writes }
}

describe('the fakes agree with Baileys', () => {
  it('on the shape of new creds', () => {
    const shape = (creds: real.AuthenticationCreds): unknown =>
      JSON.parse(JSON.stringify(creds, real.BufferJSON.replacer), (_key, value: unknown) =>
        typeof value === 'string' ? value.length : typeof value === 'number' ? 0 : value,
      )
    expect(shape(fakeAuthCreds())).toEqual(shape(real.initAuthCreds()))
    expect(Object.keys(fakeAuthCreds()).sort()).toEqual(Object.keys(real.initAuthCreds()).sort())
  })

  it('on key pairs: both sides derive the same secret', () => {
    const { noiseKey: mine, signedIdentityKey: yours } = fakeAuthCreds()
    expect(real.Curve.sharedKey(mine.private, yours.public)).toEqual(real.Curve.sharedKey(yours.private, mine.public))
  })

  it.each([
    ['a Buffer', { a: Buffer.from('abc') }],
    ['a Uint8Array', { a: Uint8Array.of(1, 2, 255) }],
    ['an empty Buffer', { a: Buffer.alloc(0) }],
    ['plain values', { a: 1, b: null, c: 'x', d: [true, { e: 0.5 }], f: {} }],
    ['creds', fakePairedCreds()],
  ])('on JSON of %s', (_name, value) => {
    const text = JSON.stringify(value, real.BufferJSON.replacer)
    expect(JSON.stringify(value, fakeBufferJson.replacer)).toBe(text)
    expect(JSON.parse(text, fakeBufferJson.reviver)).toEqual(JSON.parse(text, real.BufferJSON.reviver))
  })

  it('on bytes that plain JSON made an object of', () => {
    expect(JSON.parse('{"0":1,"1":2}', fakeBufferJson.reviver)).toEqual(JSON.parse('{"0":1,"1":2}', real.BufferJSON.reviver))
  })

  it('on what a paired session is', () => {
    const creds = JSON.parse(pairedCreds({ phone: '49151000009', device: 12 }), real.BufferJSON.reviver) as real.AuthenticationCreds
    expect(creds.me?.id).toBe('49151000009:12@s.whatsapp.net')
    expect(creds.account?.accountSignatureKey).toHaveLength(32)
    expect(creds.signedIdentityKey.private).toHaveLength(32)
  })
})

describe.each(implementations)('transactions of %s', (_name, withTransactions) => {
  it('reach the store in one write, seen inside before', async () => {
    const { keys, writes } = recordingKeys()
    const transactional = withTransactions(keys)
    await transactional.transaction(async () => {
      await transactional.set({ 'lid-mapping': { one: '1' } })
      await transactional.set({ 'lid-mapping': { two: '2' }, 'device-list': { me: ['0'] } })
      expect(transactional.isInTransaction()).toBe(true)
      expect(await transactional.get('lid-mapping', ['one', 'none'])).toEqual({ one: '1' })
      expect(writes).toEqual([])
    }, 'key')
    expect(transactional.isInTransaction()).toBe(false)
    expect(writes).toEqual([{ 'lid-mapping': { one: '1', two: '2' }, 'device-list': { me: ['0'] } }])
  })

  it('join an outer one, and drop everything when the work fails', async () => {
    const { keys, writes } = recordingKeys()
    const transactional = withTransactions(keys)
    const work = transactional.transaction(async () => {
      await transactional.transaction(async () => {
        await transactional.set({ 'lid-mapping': { one: '1' } })
      }, 'key')
      throw new Error('changed my mind')
    }, 'key')
    await expect(work).rejects.toThrow('changed my mind')
    expect(writes).toEqual([])
  })

  it('run one at a time per key', async () => {
    const { keys } = recordingKeys()
    const transactional = withTransactions(keys)
    const order: string[] = []
    const work = (name: string) => async (): Promise<void> => {
      order.push(`${name} begins`)
      await Promise.resolve()
      order.push(`${name} ends`)
    }
    await Promise.all([transactional.transaction(work('a'), 'key'), transactional.transaction(work('b'), 'key')])
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  })

  it('commit again after a failure, and give up after the last try', async () => {
    const once = recordingKeys(1)
    const lucky = withTransactions(once.keys)
    await lucky.transaction(async () => {
      await lucky.set({ 'lid-mapping': { one: '1' } })
    }, 'key')
    expect(once.writes).toHaveLength(1)
    const always = recordingKeys(2)
    const unlucky = withTransactions(always.keys)
    const work = unlucky.transaction(async () => {
      await unlucky.set({ 'lid-mapping': { one: '1' } })
    }, 'key')
    await expect(work).rejects.toThrow('disk full')
  })

  it('without one: a write per type, at once', async () => {
    const { keys, writes } = recordingKeys()
    await withTransactions(keys).set({ 'lid-mapping': { one: '1' }, 'device-list': { me: ['0'] } })
    expect(writes).toEqual([{ 'lid-mapping': { one: '1' } }, { 'device-list': { me: ['0'] } }])
  })
})
