import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { REDIS_DRIVERS } from '../../src/cli/stores/redis-drivers.js'
import { RedisSessionStore } from '../../src/redis.js'
import { freePort } from '../support/free-port.js'
import { REDIS_PROGRAM, RedisServer } from '../support/redis-server.js'
import { runCommand } from './command-line.js'
import { describeServerStore, PASSWORD, type ServerPlace, silentServer } from './server-store.js'
import { storePaired } from './stored-sessions.js'

describe.skipIf(REDIS_PROGRAM === null)('Redis', () => {
  let server: RedisServer
  let client: Redis
  let places = 0
  beforeAll(async () => {
    server = await RedisServer.start()
    client = new Redis({ port: server.port, host: '127.0.0.1' })
    await client.call('ACL', 'SETUSER', 'user', 'on', `>${decodeURIComponent(PASSWORD)}`, '~*', '+@all')
  })
  afterAll(async () => {
    client.disconnect()
    await server.close()
  })

  const urlOf = (port: number): string => `redis://user:${PASSWORD}@127.0.0.1:${port}/0`

  function open(): ServerPlace {
    places += 1
    const prefix = `place-${places}:`
    const name = `${urlOf(server.port)}?prefix=${prefix}`
    const store = new RedisSessionStore({ client, keyPrefix: prefix })
    onTestFinished(() => store.close())
    return { name, shown: name.replace(PASSWORD, '***'), store }
  }

  describeServerStore('Redis', {
    open,
    elsewhere: urlOf,
    line: /^(?:Redis|Valkey) \d+\.\d+\.\d+, schema version 1, 1 process has a lease$/mu,
    report: { needsPerson: false, findings: [] },
    oldTexts: 'BGREWRITEAOF',
  })

  it.each(REDIS_DRIVERS)('is reached with $packageName, which says when the password is wrong', async ({ load }) => {
    const { store } = open()
    await storePaired(store, 'a')
    const connect = await load()
    const { client: connected, close } = await connect(urlOf(server.port))
    expect(await connected.call('PING')).toBe('PONG')
    close()
    const wrong = await connect(urlOf(server.port).replace(PASSWORD, 'wrong')).then(
      async (opened) => {
        const answer = await opened.client.call('PING').catch(String)
        opened.close()
        return answer
      },
      (error: unknown) => String(error),
    )
    expect(wrong).toMatch(/WRONGPASS|NOAUTH/u)
  })

  it.each(REDIS_DRIVERS)('is not reached with $packageName where nobody listens', async ({ load }) => {
    const connect = await load()
    await expect(connect(urlOf(await freePort()))).rejects.toThrow('ECONNREFUSED')
  })

  it.each(REDIS_DRIVERS)('is given up with $packageName when it never answers', { tags: 'full' }, async ({ load }) => {
    const connect = await load()
    await expect(connect(urlOf(await silentServer()))).rejects.toThrow('it did not answer within')
  })

  it('refuses a wrong password without telling it', async () => {
    const { code, output, errors } = await runCommand(['list', `redis://user:canary@127.0.0.1:${server.port}`])
    expect([code, output]).toEqual([1, ''])
    expect(errors).toMatch(/WRONGPASS|NOAUTH/u)
    expect(errors).not.toContain('canary')
  })

  it('doctor warns of a server that keeps nothing', async () => {
    // The stores of this test and of the command warn of it, too.
    vi.spyOn(process, 'emitWarning').mockReturnValue()
    const forgetful = await RedisServer.start('--appendonly', 'no')
    onTestFinished(() => forgetful.close())
    const admin = new Redis({ port: forgetful.port, host: '127.0.0.1' })
    onTestFinished(() => admin.disconnect())
    const store = new RedisSessionStore({ client: admin })
    onTestFinished(() => store.close())
    await storePaired(store, 'a')
    const { code, output } = await runCommand(['doctor', `redis://127.0.0.1:${forgetful.port}`])
    expect(code).toBe(1)
    expect(output).toContain('Redis keeps nothing on a disk')
  })
})
