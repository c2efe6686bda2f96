import { describe, expect, it } from 'vitest'
import { RedisConnectionRepository, RedisSessionStore } from '../../../../src/redis.js'
import { CREDS_KEY } from '../../../../src/store/session-store.js'
import { outcome } from '../../../support/outcome.js'
import { newLine, RedisBench } from '../../../support/redis-bench.js'
import { REDIS_PROGRAM } from '../../../support/redis-server.js'

describe.skipIf(REDIS_PROGRAM === null)('a repository on a server', () => {
  const bench = new RedisBench()

  it('shares keys and client with a store', async () => {
    const [client, keyPrefix] = [await bench.connect(), bench.newPrefix()]
    const store = new RedisSessionStore({ client, keyPrefix })
    const repository = new RedisConnectionRepository({ client, keyPrefix })
    await Promise.all([store.write('a', [{ ...CREDS_KEY, value: 'c' }]), repository.save('a', { owner: 'me' })])
    await store.delete('a')
    await store.close()
    expect(await repository.find('a')).toMatchObject({ owner: 'me', status: 'disconnected', reason: null, metadata: {} })
  })

  it('keeps a field that the application has added, and takes one that stands alone for no connection', async () => {
    const keyPrefix = bench.newPrefix()
    const repository = new RedisConnectionRepository({ client: await bench.connect(), keyPrefix })
    await repository.save('a', { phoneNumber: '1' })
    await bench.send('HSET', `${keyPrefix}connection:a`, 'company', 'ours')
    await repository.save('a', { status: 'connected', phoneNumber: null })
    expect(await bench.send('HGET', `${keyPrefix}connection:a`, 'company')).toBe('ours')
    expect(await repository.find('a')).toMatchObject({ status: 'connected', phoneNumber: null })
    await bench.send('HSET', `${keyPrefix}connection:b`, 'company', 'ours')
    expect(await repository.find('b')).toBeNull()
  })

  it('finds thousands without waiting for each of them', async () => {
    const keyPrefix = bench.newPrefix()
    const line = newLine()
    const repository = new RedisConnectionRepository({ client: await bench.connect(line), keyPrefix })
    const sessionIds = Array.from({ length: 1200 }, (_, index) => `session ${index}`)
    await Promise.all(sessionIds.map((sessionId) => repository.save(sessionId, { metadata: { sessionId } })))
    let waiting = 0
    let together = 0
    line.before = async () => {
      waiting += 1
      together = Math.max(together, waiting)
      await Promise.resolve()
      waiting -= 1
    }
    const found = await repository.findAll()
    expect(found.map(({ sessionId, metadata }) => [sessionId, metadata]).sort()).toEqual(sessionIds.map((sessionId) => [sessionId, { sessionId }]).sort())
    expect(together).toBe(500)
  })

  it.each([
    ['metadata', '{"secret"', /cannot be used: it is not JSON\.$/],
    ['updatedAt', 'yesterday', /"updatedAt" is not a date/],
    ['owner', '\ufffd', /it is not text/],
  ])('says that %s cannot be used, and does not quote JSON', async (field, stored, message) => {
    const keyPrefix = bench.newPrefix()
    const repository = new RedisConnectionRepository({ client: await bench.connect(), keyPrefix })
    await repository.save('a', {})
    await bench.send('HSET', `${keyPrefix}connection:a`, field, stored)
    for (const refused of [await outcome(repository.find('a')), await outcome(repository.findAll())]) {
      expect(refused).toMatch(/^REPOSITORY_FAILED: The stored connection of session "a"/)
      expect(refused).toMatch(message)
      expect(refused).not.toContain('secret')
    }
  })

  it('refuses what no field holds, and keys of a newer version', async () => {
    const keyPrefix = bench.newPrefix()
    const repository = new RedisConnectionRepository({ client: await bench.connect(), keyPrefix })
    // As code without types may call it.
    const wrong: object = { owner: 7 }
    expect(await outcome(repository.save('a', wrong))).toMatch(/^REPOSITORY_FAILED: .*owner of a connection must be a string/)
    await bench.send('SET', `${keyPrefix}schema`, '2')
    expect(await outcome(repository.save('a', {}))).toMatch(/^REPOSITORY_FAILED: .*schema version 2/)
    await bench.send('SET', `${keyPrefix}schema`, '1')
    expect(await repository.find('a')).toBeNull()
  })
})
