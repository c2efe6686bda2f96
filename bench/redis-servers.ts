import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { REDIS_PROGRAM, RedisServer } from '../test/support/redis-server.js'

/** How a server writes to its disk: before it answers, or once a second. */
export type RedisSync = 'always' | 'everysec'

/** Servers for the Redis store, each on a free port, with their files beside those of the other stores; none where there is no program. */
export class RedisServers implements AsyncDisposable {
  readonly #servers = new Map<RedisSync, RedisServer>()

  /** Starts one for each way. */
  static async start(folder: string, ways: readonly RedisSync[]): Promise<RedisServers> {
    const started = new RedisServers()
    if (REDIS_PROGRAM === null) {
      console.error('Redis is left out: there is no redis-server or valkey-server on the PATH ("apt-get install redis-server").')
      return started
    }
    for (const way of ways) started.#servers.set(way, await RedisServer.start('--appendfsync', way, '--dir', mkdtempSync(join(folder, 'redis-'))))
    return started
  }

  /** The port of one; `undefined` where there is no program. */
  port(way: RedisSync): number | undefined {
    return this.#servers.get(way)?.port
  }

  /** Ends them. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.values()) await server.close()
  }
}
