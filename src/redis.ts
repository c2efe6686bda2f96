// Sessions and connections in Redis or Valkey.
export { RedisConnectionRepository } from './adapters/redis/redis-connection-repository.js'
export { RedisSessionStore } from './adapters/redis/redis-session-store.js'
export type { CallingRedisClient, RedisClient, RedisOptions, RedisSessionStoreOptions, SendingRedisClient } from './adapters/redis/redis-client.js'
