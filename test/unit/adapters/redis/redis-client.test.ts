import { describe, expect, it } from 'vitest'
import { RedisSessionStore } from '../../../../src/redis.js'
import { CREDS_KEY } from '../../../../src/store/session-store.js'
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
})
