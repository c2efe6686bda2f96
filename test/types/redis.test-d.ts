import type { Redis } from 'ioredis'
import type { Redis as Valkey } from 'iovalkey'
import type { createClient, RedisClientType } from 'redis'
import { expectTypeOf, test } from 'vitest'
import type { RedisOptions, RedisSessionStore } from '../../src/redis.js'

type Accepted = RedisOptions['client']

test('the clients that the documentation names can be given as they are declared', () => {
  expectTypeOf<Redis>().toExtend<Accepted>()
  expectTypeOf<Valkey>().toExtend<Accepted>()
  expectTypeOf<RedisClientType>().toExtend<Accepted>()
  expectTypeOf<ReturnType<typeof createClient>>().toExtend<Accepted>()
})

test('what answers at once, or is no client, cannot', () => {
  expectTypeOf<{ call(command: string, ...args: string[]): string }>().not.toExtend<Accepted>()
  expectTypeOf<{ get(key: string): Promise<string> }>().not.toExtend<Accepted>()
  expectTypeOf<string>().not.toExtend<Accepted>()
})

test('a store has no client of its own', () => {
  expectTypeOf<ConstructorParameters<typeof RedisSessionStore>[0]>().toExtend<RedisOptions>()
})
