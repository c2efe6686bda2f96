import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { resolveRedisOptions } from '../../../../src/adapters/redis/redis-client.js'
import { RedisConnection } from '../../../../src/adapters/redis/redis-connection.js'
import { toTexts } from '../../../../src/adapters/redis/redis-reply.js'
import { LOOK } from '../../../../src/adapters/redis/scripts.js'
import { GOOD_INFO, ScriptedClient } from './scripted-client.js'

const ACTION = { verb: 'write session "a" in', sessionId: 'a' }
const CALL = { script: LOOK, keys: ['one', 'two'], parameters: ['a'] }

function connect(client = new ScriptedClient()): { client: ScriptedClient; connection: RedisConnection; warnings: string[] } {
  const warnings: string[] = []
  const connection = new RedisConnection({ ...resolveRedisOptions({ client, keyPrefix: 'p:' }), onWarning: (warning) => warnings.push(warning) })
  return { client, connection, warnings }
}

describe('a connection', () => {
  it('looks at the server before the first call, and not again', async () => {
    const { client, connection } = connect()
    expect(client.commands).toEqual([])
    await Promise.all([connection.read(ACTION, toTexts, 'HKEYS', 'x'), connection.run(ACTION, CALL)])
    await connection.read(ACTION, toTexts, 'HKEYS', 'y')
    expect(client.names).toEqual(['INFO', 'EVALSHA', 'HKEYS', 'EVALSHA', 'HKEYS'])
  })

  it('looks at it anew after a failure, since it may be another server', async () => {
    const { client, connection } = connect()
    await connection.run(ACTION, CALL)
    client.answer = () => {
      throw new Error('connect ECONNREFUSED')
    }
    await expect(connection.run(ACTION, CALL)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', sessionId: 'a' })
    client.answer = ([name]) => (name === 'INFO' ? GOOD_INFO.replace('noeviction', 'allkeys-lru') : undefined)
    await expect(connection.run(ACTION, CALL)).rejects.toThrow(/^Could not write session "a" in Redis\. It removes any key/u)
  })

  it('tells each warning once', async () => {
    const { client, connection, warnings } = connect()
    client.answer = ([name]) => (name === 'INFO' ? GOOD_INFO.replace('noeviction', 'volatile-lru') : undefined)
    await connection.run(ACTION, CALL)
    client.answer = ([name]) => {
      if (name === 'HKEYS') throw new Error('gone')
      return name === 'INFO' ? GOOD_INFO.replace('noeviction', 'volatile-lru') : undefined
    }
    await connection.read(ACTION, toTexts, 'HKEYS', 'x').catch(() => undefined)
    await connection.run(ACTION, CALL)
    expect(warnings).toHaveLength(1)
  })

  it('asks for save points as either protocol answers, and goes on where it may not ask', async () => {
    for (const [answer, expected] of [
      [['save', ''], 1],
      [{ save: '' }, 1],
      [new Map([['save', '3600 1']]), 0],
    ] as const) {
      const { client, connection, warnings } = connect()
      client.answer = ([name]) => (name === 'INFO' ? 'aof_enabled:0' : name === 'CONFIG' ? answer : undefined)
      await connection.run(ACTION, CALL)
      expect(warnings).toHaveLength(expected)
    }
    const { client, connection, warnings } = connect()
    client.answer = ([name]) => {
      if (name === 'INFO') throw new Error("NOPERM User u has no permissions to run the 'info' command")
      return undefined
    }
    await connection.run(ACTION, CALL)
    expect(warnings).toEqual([expect.stringContaining('does not let this user look')])
  })

  it('sends a script whole where the server has not got it', async () => {
    const { client, connection } = connect()
    client.answer = ([name]) => {
      if (name === 'EVALSHA') throw new Error('NOSCRIPT No matching script.')
      return undefined
    }
    expect(await connection.run(ACTION, CALL)).toEqual(['done'])
    expect(client.commands.at(-1)?.slice(0, 6)).toEqual(['EVAL', LOOK.text, '3', 'p:schema', 'one', 'two'])
    client.answer = () => {
      throw new Error('ERR something else')
    }
    client.commands.length = 0
    await connection.run(ACTION, CALL).catch(() => undefined)
    expect(client.names).not.toContain('EVAL')
  })

  it('says what is to be done, without what was written and without a password', async () => {
    const { client, connection } = connect()
    await connection.run(ACTION, CALL)
    const failing = async (message: string): Promise<unknown> => {
      client.answer = ([name]) => {
        if (name === 'INFO') return undefined
        throw Object.assign(new Error(message), { name: 'ReplyError', code: 'E1', command: { name: 'evalsha', args: ['the secret'] } })
      }
      return connection.run(ACTION, CALL).catch((error: unknown) => error)
    }
    const full = await failing("OOM command not allowed when used memory > 'maxmemory'. script: 1, on @user_script:9.")
    expect(full).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(/^Could not write session "a" in Redis\. Its memory is full \(OOM\)\./u),
    })
    const old = await failing("ERR Error running script (call to f_1): @user_script:3: -READONLY You can't write against a read only replica.")
    expect(old).toMatchObject({ message: expect.stringContaining('read-only replica (READONLY)') })
    const unknown = await failing("ERR unknown command 'EVALSHA', with args beginning with: 'the secret'")
    expect(unknown).toMatchObject({ message: expect.stringContaining("unknown command 'EVALSHA'.") })
    const address = await failing('no connection to redis://user:the secret@host:6379 and rediss://:secret@host')
    for (const error of [full, old, unknown]) expect(inspect(error, { depth: 9 })).not.toContain('secret')
    expect(inspect(address, { depth: 9 })).not.toContain(':secret@')
    expect(full).toMatchObject({ cause: { name: 'ReplyError', code: 'E1' } })
  })

  it('refuses keys of a newer version', async () => {
    const { client, connection } = connect()
    client.answer = ([name]) => (name === 'EVALSHA' ? ['schema', '1000000', '7'] : undefined)
    await expect(connection.read(ACTION, toTexts, 'HKEYS', 'x')).rejects.toThrow(
      /schema version 7, but this baileys-sessions only knows version 1: .* Update baileys-sessions/u,
    )
    expect(client.names).toEqual(['INFO', 'EVALSHA'])
  })

  it.each([[null], ['OK'], [[]], [['done']], [['done', 'x']], [{}]])('takes %j for no answer to a script', async (garbage) => {
    const { client, connection } = connect()
    client.answer = ([name]) => (name === 'EVALSHA' ? garbage : undefined)
    await expect(connection.run(ACTION, CALL)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})

describe('the deadline of a connection', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('ends a call that the server does not answer, and names the time after which it is not to be carried out', async () => {
    const { client, connection } = connect()
    await connection.run(ACTION, CALL)
    client.now += 60_000
    await connection.run(ACTION, CALL)
    client.answer = () => new Promise(() => undefined)
    const running = connection.run(ACTION, CALL).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await running).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('did not answer within 10000 ms') })
    expect(client.commands.at(-1)?.[7]).toBe(String(client.now + 10_000))
  })

  it('ends one that hangs while the server is looked at', async () => {
    const { client, connection } = connect()
    client.answer = () => new Promise(() => undefined)
    const running = connection.read(ACTION, toTexts, 'HKEYS', 'x').catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await running).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    client.answer = () => undefined
    await connection.read(ACTION, toTexts, 'HKEYS', 'x')
  })

  it('goes by the clock of the server as it is now when that was set', async () => {
    const { client, connection } = connect()
    await connection.run(ACTION, CALL)
    client.now += 3_600_000
    client.answer = ([name, , , , , , , deadline]) => (name === 'EVALSHA' && Number(deadline) <= client.now ? ['late', String(client.now)] : undefined)
    expect(await connection.run(ACTION, CALL)).toEqual(['done'])
    expect(connection.now()).toBe(client.now)
  })

  it('refuses what got there too late', async () => {
    const { client, connection } = connect()
    await connection.run(ACTION, CALL)
    client.answer = ([name]) => {
      if (name !== 'EVALSHA') return undefined
      // The timer is not through yet, though the time is.
      vi.setSystemTime(Date.now() + 10_000)
      return ['late', String(client.now)]
    }
    vi.spyOn(performance, 'now').mockImplementation(() => Date.now())
    await expect(connection.run(ACTION, CALL)).rejects.toThrow('It took too long to get there, and was not carried out.')
  })
})
