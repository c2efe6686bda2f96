import { PostgresServer } from '../support/postgres-server.js'
import { REDIS_PROGRAM, RedisServer } from '../support/redis-server.js'
import type { CrashStore } from './crash-stores.js'

/** A server, and the port that it listens on. */
type Server = AsyncDisposable & { readonly port: number }

/** Those of this library on a server, and how one is started. */
export const SERVER_STORES: Readonly<Partial<Record<CrashStore, () => Promise<Server>>>> = Object.freeze({
  redis: () => RedisServer.start(),
  // With everything on its disk that it says is there.
  postgres: () => PostgresServer.start([]),
})

/** Those whose server can be had here. */
export const SERVER_STORES_HERE: readonly CrashStore[] = REDIS_PROGRAM === null ? ['postgres'] : ['redis', 'postgres']

/** A server for the writers of a store, who find its port in the environment. */
export class ServerForWriters implements AsyncDisposable {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    process.env['SERVER_PORT'] = String(server.port)
  }

  /** Starts the one of a store; `null` for a store that needs none. */
  static async start(store: CrashStore): Promise<ServerForWriters | null> {
    const server = await SERVER_STORES[store]?.()
    return server === undefined ? null : new ServerForWriters(server)
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    delete process.env['SERVER_PORT']
    await this.#server[Symbol.asyncDispose]()
  }
}
