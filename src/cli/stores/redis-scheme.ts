import { readServerAddress } from './server-address.js'
import type { StoreScheme } from './store-scheme.js'

const EXAMPLE = 'redis://user:password@host:6379/0'

/** The keys of a Redis or Valkey server. */
export const REDIS_SCHEME: StoreScheme = Object.freeze({
  names: ['redis', 'rediss'],
  example: 'redis://host:6379/0',
  forms: [
    ['redis://host:6379/0', 'a RedisSessionStore on Redis or Valkey; rediss:// for TLS'],
    ['redis://host:6379/0?prefix=shop:', 'the same, with a keyPrefix of its own'],
  ],
  read: (written) => {
    const address = readServerAddress(written, { example: EXAMPLE, defaultPort: '6379', parameter: 'prefix' })
    const keyPrefix = address.part ?? 'baileys-sessions:'
    return {
      text: address.text,
      place: `redis:${address.location}?${keyPrefix}`,
      folder: null,
      server: 'Redis',
      open: async (purpose) => (await import('./open-redis.js')).openRedis({ address, keyPrefix, purpose }),
    }
  },
} satisfies StoreScheme)
