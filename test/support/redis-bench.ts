import { afterAll } from 'vitest'
import type { RedisClient } from '../../src/redis.js'
import { type OpenRedisClient, type RedisDriver, USUAL_REDIS_DRIVER } from './redis-clients.js'
import { RedisServer } from './redis-server.js'

/** A command with its arguments. */
export type Command = [name: string, ...parameters: string[]]

/** What is between a store and its server. */
export interface Line {
  /** Whether nothing comes through. */
  isCut: boolean
  /** Whether the answer to a command is lost, though it was carried out. */
  losesAnswer: (command: Command) => boolean
  /** What is sent in the place of a command. */
  edit: (command: Command) => Command
  /** What is done before a command is sent. */
  before: (command: Command) => Promise<void>
  /** What was sent. */
  readonly sent: Command[]
}

/** One server and one client for all tests of a file; they go when it ends. */
export class RedisBench {
  readonly #driver: RedisDriver
  readonly #settings: readonly string[]
  #started: Promise<{ server: RedisServer; open: OpenRedisClient }> | undefined
  #places = 0

  constructor(driver: RedisDriver = USUAL_REDIS_DRIVER, settings: readonly string[] = []) {
    this.#driver = driver
    this.#settings = settings
    afterAll(async () => {
      const started = await this.#started
      started?.open.close()
      await started?.server.close()
    })
  }

  /** Whose keys nobody else has. */
  newPrefix(): string {
    this.#places += 1
    return `place ${this.#places}:`
  }

  /** A client whose line to the server can be disturbed. */
  async connect(line: Line = newLine()): Promise<RedisClient> {
    const { client } = (await this.#start()).open
    return {
      call: async (...command) => {
        line.sent.push(command)
        if (line.isCut) throw unreachable()
        await line.before(command)
        const answer = await sendWith(client, line.edit(command))
        if (line.losesAnswer(command)) throw unreachable()
        return answer
      },
    }
  }

  /** Sends a command. */
  async send(...command: Command): Promise<unknown> {
    return sendWith((await this.#start()).open.client, command)
  }

  #start(): Promise<{ server: RedisServer; open: OpenRedisClient }> {
    this.#started ??= (async () => {
      const server = await RedisServer.start(...this.#settings)
      return { server, open: await this.#driver.open(server.port) }
    })()
    return this.#started
  }
}

/** A line without a fault. */
export function newLine(edit: Line['edit'] = (command) => command): Line {
  return { isCut: false, losesAnswer: () => false, edit, before: async () => undefined, sent: [] }
}

/** Sends a command through any client. */
export function sendWith(client: RedisClient, command: Command): Promise<unknown> {
  return 'call' in client ? client.call(...command) : client.sendCommand(command)
}

function unreachable(): Error {
  return Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6379'), { code: 'ECONNREFUSED' })
}
