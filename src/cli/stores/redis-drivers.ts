import type { CallingRedisClient } from '../../adapters/redis/redis-client.js'
import { withDeadline } from '../../async/deadline.js'
import type { Driver } from './load-driver.js'

/** A connection to a Redis or Valkey server. */
export interface OpenRedis {
  readonly client: CallingRedisClient
  readonly close: () => void
}

/** How long a server may take to be reached. */
const CONNECT_MS = 10_000
/** How long to wait before a connection that was lost is made again. One that cannot be made at first is not tried again. */
const RETRY_MS = 500

/** What `ioredis` and its fork for Valkey have in common. */
interface IoredisClient extends CallingRedisClient {
  on(event: 'error', listener: (error: Error) => void): unknown
  connect(): Promise<unknown>
  disconnect(): void
}

/** The options that both take. */
interface IoredisOptions {
  readonly lazyConnect: true
  readonly connectTimeout: number
  readonly maxRetriesPerRequest: number
  readonly retryStrategy: () => number | null
}

/** The drivers that a store on Redis is opened with, the first one that is installed. */
export const REDIS_DRIVERS: readonly Driver<OpenRedis>[] = Object.freeze([
  {
    packageName: 'ioredis',
    load: async () => {
      const { Redis } = await import('ioredis')
      return (url) => openIoredis((options) => new Redis(url, options))
    },
  },
  {
    packageName: 'redis',
    load: async () => {
      const { createClient } = await import('redis')
      return async (url) => {
        let isOpen = false
        const reconnectStrategy = (_retries: number, cause: Error): number | Error => (isOpen ? RETRY_MS : cause)
        const client = createClient({ url, socket: { connectTimeout: CONNECT_MS, reconnectStrategy } })
        client.on('error', () => undefined)
        await reach(client.connect(), () => client.destroy())
        isOpen = true
        return { client: { call: (command, ...args) => client.sendCommand([command, ...args]) }, close: () => client.destroy() }
      }
    },
  },
  {
    packageName: 'iovalkey',
    load: async () => {
      const { Redis } = await import('iovalkey')
      return (url) => openIoredis((options) => new Redis(url, options))
    },
  },
] satisfies Driver<OpenRedis>[])

async function openIoredis(make: (options: IoredisOptions) => IoredisClient): Promise<OpenRedis> {
  let isOpen = false
  let cause: Error | undefined
  const client = make({ lazyConnect: true, connectTimeout: CONNECT_MS, maxRetriesPerRequest: 1, retryStrategy: () => (isOpen ? RETRY_MS : null) })
  client.on('error', (error) => {
    cause = error
  })
  try {
    await reach(client.connect(), () => client.disconnect())
  } catch (error) {
    // It only says that the connection is closed; the event says why.
    throw cause ?? error
  }
  isOpen = true
  return { client, close: () => client.disconnect() }
}

/** Drivers wait for ever for a server that takes the connection and says nothing. */
async function reach(connecting: Promise<unknown>, close: () => void): Promise<void> {
  try {
    await withDeadline(connecting, CONNECT_MS, () => new Error(`it did not answer within ${CONNECT_MS} ms`))
  } catch (error) {
    close()
    throw error
  }
}
