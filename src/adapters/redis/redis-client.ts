import { requireCount, requireDuration, requireFunction, requireMethods, requireObject, requireOptions } from '../../option-checks.js'

/** Below this a process that is merely busy would lose its leases. */
const SHORTEST_LEASE_MS = 1000

/** A client that takes a command and its arguments one after the other, as `ioredis` and `iovalkey` do. */
export interface CallingRedisClient {
  /** Sends a command. */
  call(command: string, ...args: string[]): Promise<unknown>
}

/** A client that takes a command as a list, as `redis` (node-redis) does. */
export interface SendingRedisClient {
  /** Sends a command. */
  sendCommand(args: string[]): Promise<unknown>
}

/** A client of a Redis or Valkey server: that of `ioredis`, `iovalkey` or `redis`, or anything with one of these methods. */
export type RedisClient = CallingRedisClient | SendingRedisClient

/** Sends a command, and resolves with what the server answers. */
export type SendCommand = (command: string, ...args: string[]) => Promise<unknown>

/** How a store or a repository uses a server. */
export interface RedisOptions {
  /**
   * The client, connected or connecting. A store and a repository may share it. It stays open: close it after the manager and the store.
   */
  client: RedisClient
  /**
   * What the names of all keys begin with. All processes that share sessions must use the same.
   *
   * @defaultValue 'baileys-sessions:'
   */
  keyPrefix?: string
}

/** Where a `RedisSessionStore` keeps its sessions, and how. */
export interface RedisSessionStoreOptions extends RedisOptions {
  /**
   * After how long without a sign of life the sessions of a process are free for others, in milliseconds. A process gives its own up
   * before that, when the server does not answer. It shows that it lives six times in this time, with one command for all sessions.
   *
   * @defaultValue 10_000
   */
  leaseMs?: number
  /**
   * How many replicas must have a write before it resolves (`WAIT`). A write that too few have is rejected, although the server has it.
   * Give the store a client of its own then: one connection, no pool.
   *
   * @defaultValue 0
   */
  waitReplicas?: number
}

const REPOSITORY_NAMES = Object.keys({ client: 0, keyPrefix: 0 } satisfies Record<keyof RedisOptions, 0>)
const STORE_NAMES = Object.keys({ client: 0, keyPrefix: 0, leaseMs: 0, waitReplicas: 0 } satisfies Record<keyof RedisSessionStoreOptions, 0>)

/** What a connection needs to know. */
export interface ResolvedRedisOptions {
  send: SendCommand
  keyPrefix: string
}

/** What a store needs to know. */
export interface ResolvedRedisSessionStoreOptions extends ResolvedRedisOptions {
  leaseMs: number
  waitReplicas: number
}

/** The options of a repository with their defaults. Throws for one that cannot be used. */
export function resolveRedisOptions(options: RedisOptions): ResolvedRedisOptions {
  requireOptions('', options, REPOSITORY_NAMES)
  return resolveShared(options)
}

/** The options of a store with their defaults. Throws for one that cannot be used. */
export function resolveRedisSessionStoreOptions(options: RedisSessionStoreOptions): ResolvedRedisSessionStoreOptions {
  requireOptions('', options, STORE_NAMES)
  const { leaseMs = 10_000, waitReplicas = 0 } = options
  return {
    ...resolveShared(options),
    leaseMs: requireDuration('leaseMs', leaseMs, SHORTEST_LEASE_MS),
    waitReplicas: requireCount('waitReplicas', waitReplicas, 0),
  }
}

function resolveShared({ client, keyPrefix = 'baileys-sessions:' }: RedisOptions): ResolvedRedisOptions {
  if (typeof keyPrefix !== 'string') throw new TypeError(`Option "keyPrefix" must be a string, but is of type ${typeof keyPrefix}.`)
  return { send: sendWith(client), keyPrefix }
}

function sendWith(client: RedisClient): SendCommand {
  requireObject('client', client)
  // First, because the `sendCommand` of ioredis takes an object of its own.
  if ('call' in client) {
    requireMethods('client', client, ['call'])
    return async (command, ...args) => client.call(command, ...args)
  }
  requireFunction('client.sendCommand', Reflect.get(client, 'sendCommand'), 'a function, unless the client has a method "call"')
  return async (command, ...args) => client.sendCommand([command, ...args])
}
