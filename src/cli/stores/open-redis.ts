import { type RedisClient, resolveRedisOptions } from '../../adapters/redis/redis-client.js'
import { RedisConnection } from '../../adapters/redis/redis-connection.js'
import { leaseTimes, RedisLockTable } from '../../adapters/redis/redis-lock-table.js'
import { toText } from '../../adapters/redis/redis-reply.js'
import { RedisSessionStore } from '../../adapters/redis/redis-session-store.js'
import { CommandError } from '../command-environment.js'
import { openOnServer } from './open-on-server.js'
import { REDIS_DRIVERS } from './redis-drivers.js'
import type { ServerAddress } from './server-address.js'
import type { OpenedStore, ServerReport, StorePurpose, StoreServer } from './store-name.js'

/** The length of a lease that is asked about, and not taken. */
const ANY_LEASE_MS = 10_000

/** A store on Redis, by its name. */
export interface RedisPlace {
  readonly address: ServerAddress
  readonly keyPrefix: string
  readonly purpose: StorePurpose
}

/** Opens a store on Redis. Loaded only when one was named. */
export function openRedis({ address, keyPrefix, purpose }: RedisPlace): Promise<OpenedStore> {
  return openOnServer({
    engine: 'Redis',
    drivers: REDIS_DRIVERS,
    address,
    open: async ({ client }) => {
      const server = new RedisExaminer(client, keyPrefix)
      if (purpose !== 'fill' && (await server.schemaVersion()) === null)
        throw new CommandError(`There is no store "${address.text}": no key of it begins with "${keyPrefix}".`)
      return { store: new RedisSessionStore({ client, keyPrefix }), server }
    },
  })
}

/** What can be said of a server, and of what it keeps under a prefix. */
class RedisExaminer implements StoreServer {
  readonly oldTexts = 'The append-only file and snapshots of the server may have the old text until Redis writes them anew: see BGREWRITEAOF and BGSAVE.'
  readonly #connection: RedisConnection
  readonly #warnings: string[] = []

  constructor(client: RedisClient, keyPrefix: string) {
    this.#connection = new RedisConnection({ ...resolveRedisOptions({ client, keyPrefix }), onWarning: (warning) => this.#warnings.push(warning) })
  }

  async schemaVersion(): Promise<number | null> {
    const version = await this.#connection.read({ verb: 'look for the keys of a store in' }, toText, 'GET', this.#connection.keys.schema)
    return version === null ? null : Number(version)
  }

  async report(): Promise<ServerReport> {
    const schemaVersion = await this.schemaVersion()
    const living = await new RedisLockTable(this.#connection, leaseTimes(ANY_LEASE_MS)).living()
    // A user of the server may be forbidden to ask for this.
    const info = await this.#connection.read({ verb: 'ask for the version of' }, toText, 'INFO', 'server').catch(() => null)
    return { ...engineOf(info ?? ''), schemaVersion, processes: living.length, warnings: this.#warnings }
  }
}

function engineOf(info: string): { engine: string; version: string | null } {
  const field = (name: string): string | null => new RegExp(`^${name}:(.*?)\\r?$`, 'mu').exec(info)?.[1] ?? null
  const valkey = field('valkey_version')
  return valkey === null ? { engine: 'Redis', version: field('redis_version') } : { engine: 'Valkey', version: valkey }
}
