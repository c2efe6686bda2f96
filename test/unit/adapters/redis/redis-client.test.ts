import { describe, expect, it } from 'vitest'
import { RedisConnectionRepository, RedisSessionStore } from '../../../../src/redis.js'
import { CREDS_KEY } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { ScriptedClient } from './scripted-client.js'

const client = new ScriptedClient()

/** Options as code without types may give them. */
function open(options: Record<string, unknown>): RedisSessionStore {
  return new RedisSessionStore({ client, ...options })
}

describe('the options of RedisSessionStore', () => {
  it.each([
    [{ client: undefined }, TypeError, /"client" must be an object/],
    [{ client: {} }, TypeError, /"client.sendCommand" must be a function, unless the client has a method "call"/],
    [{ client: { call: 'PING' } }, TypeError, /"client.call" must be a function/],
    [{ keyPrefix: 7 }, TypeError, /"keyPrefix" must be a string/],
    [{ leaseMs: '10000' }, TypeError, /"leaseMs" must be a number/],
    [{ leaseMs: 999 }, RangeError, /"leaseMs" must be at least 1000/],
    [{ leaseMs: NaN }, RangeError, /"leaseMs"/],
    [{ waitReplicas: -1 }, RangeError, /"waitReplicas" must be at least 0/],
    [{ waitReplicas: 1.5 }, RangeError, /"waitReplicas" must be a whole number/],
    [{ leaseMS: 10_000 }, TypeError, /"leaseMS" is unknown. Did you mean "leaseMs"/],
  ])('%j is refused', (options, error, message) => {
    expect(() => open(options)).toThrow(error)
    expect(() => open(options)).toThrow(message)
  })

  it('a client that takes a list is given one', async () => {
    const store = new RedisSessionStore({ client: { sendCommand: ([name = '', ...parameters]) => client.call(name, ...parameters) } })
    client.answer = ([name]) => (name === 'HMGET' ? ['the creds'] : undefined)
    expect(await store.read('a', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: 'the creds' }])
    expect(client.commands.at(-1)).toEqual(['HMGET', 'baileys-sessions:records:a', '5:creds'])
  })

  it('a client that answers with bytes is understood', async () => {
    client.answer = ([name]) => (name === 'HMGET' ? [Buffer.from('\ufeffü'), null] : undefined)
    expect(await open({}).read('a', [CREDS_KEY, { type: 'x', id: '1' }])).toEqual([{ ...CREDS_KEY, value: '\ufeffü' }])
  })

  it.each([undefined, null, 'OK', 7, [], ['one', 'two', 'three'], new Uint8Array(2)])(
    'what answers a read with %j is out of order, and nothing is missing',
    async (garbage) => {
      const answering = new ScriptedClient()
      // In a promise, as the client takes `undefined` for "as usual".
      answering.answer = ([name]) => (['HMGET', 'HKEYS', 'SSCAN'].includes(name) ? Promise.resolve(garbage) : undefined)
      const store = new RedisSessionStore({ client: answering })
      const repository = new RedisConnectionRepository({ client: answering })
      await expect(store.read('a', [CREDS_KEY, { type: 'x', id: '1' }])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', sessionId: 'a' })
      await expect(collect(store.list())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await expect(repository.find('a')).rejects.toMatchObject({ code: 'REPOSITORY_FAILED' })
      await expect(repository.findAll()).rejects.toMatchObject({ code: 'REPOSITORY_FAILED' })
      // A list of any length may be one of names.
      if (!Array.isArray(garbage)) await expect(collect(store.records('a'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    },
  )
})
