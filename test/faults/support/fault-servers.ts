import { PostgresServer } from '../../support/postgres-server.js'
import { REDIS_PROGRAM, RedisServer } from '../../support/redis-server.js'

/** A server that a store of `fault-stores.ts` is on. */
export interface FaultServer extends AsyncDisposable {
  /** The place of the store. */
  readonly port: number
  /** Stops it where it is (SIGSTOP). */
  halt(): void
  /** Lets it go on. */
  goOn(): void
  /** Kills it as a crash of the machine would. */
  kill(): Promise<void>
  /** Starts it again after that. */
  restart(): Promise<void>
}

/** One engine. */
export interface FaultEngine {
  readonly kind: 'redis' | 'postgres'
  /** Whether there is no such server here. */
  readonly isMissing: boolean
  /** Starts a server. */
  start(): Promise<FaultServer>
}

class HaltingRedisServer implements FaultServer {
  readonly #server: RedisServer

  constructor(server: RedisServer) {
    this.#server = server
  }

  get port(): number {
    return this.#server.port
  }

  halt(): void {
    process.kill(this.#server.pid, 'SIGSTOP')
  }

  goOn(): void {
    process.kill(this.#server.pid, 'SIGCONT')
  }

  kill(): Promise<void> {
    return this.#server.kill()
  }

  restart(): Promise<void> {
    return this.#server.restart()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.close()
  }
}

/** Every engine on a server. */
export const FAULT_ENGINES: readonly FaultEngine[] = [
  { kind: 'redis', isMissing: REDIS_PROGRAM === null, start: async () => new HaltingRedisServer(await RedisServer.start()) },
  { kind: 'postgres', isMissing: false, start: () => PostgresServer.start() },
]
