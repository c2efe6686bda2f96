import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { createClient } from 'redis'
import type { RedisClient } from '../../src/redis.js'

/** A client, and how it is closed. */
export interface OpenRedisClient {
  readonly client: RedisClient
  close(): void
}

/** One of the clients that the documentation names. */
export interface RedisDriver {
  /** Its name, as it is imported. */
  readonly name: string
  /** Connects to a server on this machine; fails at once while that is gone. */
  open(port: number): Promise<OpenRedisClient>
}

const IOREDIS: RedisDriver = {
  name: 'ioredis',
  open: async (port) => {
    const client = new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: 1, retryStrategy: () => 50 })
    client.on('error', () => undefined)
    return { client, close: () => client.disconnect() }
  },
}

const IOVALKEY: RedisDriver = {
  name: 'iovalkey',
  open: async (port) => {
    const client = new Valkey({ port, host: '127.0.0.1', maxRetriesPerRequest: 1, retryStrategy: () => 50 })
    client.on('error', () => undefined)
    return { client, close: () => client.disconnect() }
  },
}

const NODE_REDIS: RedisDriver = {
  name: 'redis',
  open: async (port) => {
    const client = createClient({ socket: { port, host: '127.0.0.1', reconnectStrategy: 50 }, disableOfflineQueue: true })
    client.on('error', () => undefined)
    await client.connect()
    return { client, close: () => client.destroy() }
  },
}

/** The client that `npm test` uses. */
export const USUAL_REDIS_DRIVER: RedisDriver = IOREDIS

/** The clients that only `npm run test:full` uses. */
export const OTHER_REDIS_DRIVERS: readonly RedisDriver[] = [NODE_REDIS, IOVALKEY]
