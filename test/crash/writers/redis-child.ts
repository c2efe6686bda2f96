import { Redis } from 'ioredis'
import { RedisSessionStore } from '../../../src/adapters/redis/redis-session-store.js'
import { openAuthState } from './open-auth-state.js'
import { writeUntilKilled } from './write-until-killed.js'

// On the server at the port that the environment names, under keys that begin with the folder.
writeUntilKilled(async (directory) => {
  const client = new Redis({ port: Number(process.env['SERVER_PORT']), host: '127.0.0.1' })
  return openAuthState(new RedisSessionStore({ client, keyPrefix: directory }))
})
