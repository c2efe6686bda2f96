import { RedisServer } from '../support/redis-server.js'

/** A server for the writers of the Redis store, whose port they find in the environment. */
export class RedisForWriters implements AsyncDisposable {
  readonly #server: RedisServer

  private constructor(server: RedisServer) {
    this.#server = server
    process.env['REDIS_PORT'] = String(server.port)
  }

  /** Starts one. */
  static async start(): Promise<RedisForWriters> {
    return new RedisForWriters(await RedisServer.start())
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    delete process.env['REDIS_PORT']
    await this.#server.close()
  }
}
