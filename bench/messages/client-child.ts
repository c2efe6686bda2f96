import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as baileys from '@whiskeysockets/baileys'
import { Redis } from 'ioredis'
import pg from 'pg'
import { PostgresSessionStore } from '../../src/adapters/postgres/postgres-session-store.js'
import { RedisSessionStore } from '../../src/adapters/redis/redis-session-store.js'
import { openSqliteDatabase } from '../../src/adapters/sqlite/open-sqlite-database.js'
import { SqliteSessionStore } from '../../src/adapters/sqlite/sqlite-session-store.js'
import { FileSystemSessionStore, MemorySessionStore, quietLibsignal, type SessionStore } from '../../src/index.js'
import { collectGarbage } from '../../test/support/garbage.js'
import { answerParent } from '../answer-parent.js'
import { bareFleet } from '../fleet/bare-fleet.js'
import { type KnownSessions, sessionIds, storeCreds } from '../fleet/known-sessions.js'
import { libraryFleet } from '../fleet/library-fleet.js'
import type { ClientOrder, Contender, Counted } from './orders.js'

quietLibsignal()

/** What follows a login or a message, in Baileys and in a store, is done by then. */
const SETTLE_MS = 2000
const PATIENCE_MS = 30_000

type OpenOrder = Extract<ClientOrder, { kind: 'open' }>

let messages = 0
let cpu = process.cpuUsage()

answerParent(async (order: ClientOrder): Promise<Counted | object> => {
  switch (order.kind) {
    case 'open':
      baileys.WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(order.server.rootPublicKey)
      await openAll(await makeFleet(order), order.server.creds.length)
      return {}
    case 'count':
      await delay(SETTLE_MS)
      await collectGarbage()
      messages = 0
      cpu = process.cpuUsage()
      return {}
    case 'tell': {
      await delay(SETTLE_MS)
      const { user, system } = process.cpuUsage(cpu)
      return { messages, cpuMs: (user + system) / 1000 }
    }
  }
})

async function openAll(fleet: KnownSessions, count: number): Promise<void> {
  await fleet.open()
  for (let waitedMs = 0; fleet.opened < count; waitedMs += 20) {
    if (waitedMs > PATIENCE_MS) throw new Error(`Only ${fleet.opened} of ${count} sessions opened.`)
    await delay(20)
  }
}

async function makeFleet(order: OpenOrder): Promise<KnownSessions> {
  const {
    contender,
    folder,
    server: { url, creds },
  } = order
  const options = {
    url,
    sessionIds: sessionIds(creds.length),
    concurrency: creds.length,
    onMessage: () => {
      messages += 1
    },
  }
  if (contender === 'stock' || contender === 'stock-shared') {
    const store = new FileSystemSessionStore({ directory: folder })
    await storeCreds(store, options.sessionIds, creds)
    await store.close()
    const authOf = (sessionId: string): ReturnType<typeof baileys.useMultiFileAuthState> => baileys.useMultiFileAuthState(join(folder, `session-${sessionId}`))
    // Baileys as it comes pays for ten storages with every promise; with the remedy of this library, what is left is its files.
    return bareFleet(baileys, { ...options, authOf, isStorageShared: contender === 'stock-shared' })
  }
  const store = await openStore(contender, order)
  await storeCreds(store, options.sessionIds, creds)
  return libraryFleet(baileys, { ...options, store, patienceMs: PATIENCE_MS })
}

async function openStore(
  contender: Exclude<Contender, 'stock' | 'stock-shared'>,
  { folder: directory, redisPort, postgresPort }: OpenOrder,
): Promise<SessionStore> {
  switch (contender) {
    case 'fs':
      return new FileSystemSessionStore({ directory })
    case 'fs-process':
      return new FileSystemSessionStore({ directory, durability: 'process' })
    case 'fs-power':
      return new FileSystemSessionStore({ directory, durability: 'power' })
    case 'memory':
      return new MemorySessionStore()
    case 'sqlite':
      return new SqliteSessionStore({ database: await openSqliteDatabase(join(directory, 'sessions.db')) })
    case 'redis':
      if (redisPort === undefined) throw new Error('There is no Redis server to measure.')
      return new RedisSessionStore({ client: new Redis({ port: redisPort, host: '127.0.0.1' }), keyPrefix: directory })
    case 'postgres': {
      const client = new pg.Pool({ connectionString: `postgres://postgres@127.0.0.1:${postgresPort}/postgres`, max: 10 })
      return new PostgresSessionStore({ client, schema: basename(directory) })
    }
  }
}
