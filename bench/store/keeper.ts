import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import * as baileys from '@whiskeysockets/baileys'
import type { AuthenticationCreds, SignalDataSet } from '@whiskeysockets/baileys'
import { Redis } from 'ioredis'
import pg from 'pg'
import { FileSystemSessionStore } from '../../src/adapters/filesystem/filesystem-session-store.js'
import { PostgresSessionStore } from '../../src/adapters/postgres/postgres-session-store.js'
import { RedisSessionStore } from '../../src/adapters/redis/redis-session-store.js'
import { openSqliteDatabase } from '../../src/adapters/sqlite/open-sqlite-database.js'
import { SqliteSessionStore } from '../../src/adapters/sqlite/sqlite-session-store.js'
import { decodeCreds } from '../../src/auth/auth-codec.js'
import { AuthState } from '../../src/auth/auth-state.js'
import { readStoredSession } from '../../src/auth/stored-session.js'
import { encrypted } from '../../src/encryption/encrypted-session-store.js'
import { CREDS_KEY, LIFECYCLE_KEY, type SessionStore } from '../../src/store/session-store.js'
import { pairedCreds } from '../../src/testing/fake-baileys.js'
import type { KeeperName, Place } from './lines.js'
import { lifecycleText } from './records.js'

const TIMEOUT_MS = 60_000

/** One for all, so that each opens what another has stored. */
const KEYS = { main: randomBytes(32) }

/** Creds and keys of an open session, and how they are stored. */
export interface OpenAuth {
  readonly creds: AuthenticationCreds
  getPreKeys(ids: string[]): Promise<Record<string, unknown>>
  setKeys(data: SignalDataSet): Promise<void>
  readonly saveCreds: () => Promise<void>
  /** Stores what this library remembers of a session; `null` for stock, which remembers nothing. */
  readonly saveLifecycle: ((index: number) => Promise<void>) | null
  /** Lets somebody else open it. `null` for stock, which keeps nobody out. */
  readonly release: (() => Promise<void>) | null
}

/** Somebody who keeps sessions. */
export interface SessionKeeper {
  /** Stores a linked session. */
  add(sessionId: string): Promise<void>
  /** Opens one, up to what a dial needs. */
  open(sessionId: string): Promise<OpenAuth>
  /** Lists all: how many. */
  list(): Promise<number>
  /** Lets go of everything. */
  readonly close: () => Promise<void>
}

/** Makes one on a folder, or on the server that it needs. */
export async function makeKeeper(name: KeeperName, { folder, servers }: Place): Promise<SessionKeeper> {
  switch (name) {
    case 'stock':
      return stockKeeper(folder)
    case 'fs':
      return storeKeeper(new FileSystemSessionStore({ directory: folder }))
    case 'fs-power':
      return storeKeeper(new FileSystemSessionStore({ directory: folder, durability: 'power' }))
    case 'fs-process':
      return storeKeeper(new FileSystemSessionStore({ directory: folder, durability: 'process' }))
    case 'encrypted':
      return storeKeeper(encrypted(new FileSystemSessionStore({ directory: folder }), { keys: KEYS, currentKeyId: 'main' }))
    case 'sqlite':
      return sqliteKeeper(folder, 'power')
    case 'sqlite-process':
      return sqliteKeeper(folder, 'process')
    case 'redis':
    case 'redis-everysec':
      return redisKeeper(folder, servers[name])
    case 'postgres':
      return postgresKeeper(basename(folder), servers[name])
  }
}

function postgresKeeper(schema: string, port: number | undefined): SessionKeeper {
  const client = openPool(port)
  const keeper = storeKeeper(new PostgresSessionStore({ client, schema }))
  return {
    ...keeper,
    close: async () => {
      await keeper.close()
      await client.end()
    },
  }
}

/** Connections to the PostgreSQL server at a port. */
export function openPool(port: number | undefined): pg.Pool {
  if (port === undefined) throw new Error('There is no PostgreSQL server to measure.')
  return new pg.Pool({ connectionString: `postgres://postgres@127.0.0.1:${port}/postgres`, max: 10 })
}

function redisKeeper(keyPrefix: string, port: number | undefined): SessionKeeper {
  if (port === undefined) throw new Error('There is no Redis server to measure.')
  const client = new Redis({ port, host: '127.0.0.1' })
  const keeper = storeKeeper(new RedisSessionStore({ client, keyPrefix }))
  return {
    ...keeper,
    close: async () => {
      await keeper.close()
      client.disconnect()
    },
  }
}

async function sqliteKeeper(folder: string, durability: 'power' | 'process'): Promise<SessionKeeper> {
  const database = await openSqliteDatabase(join(folder, 'sessions.db'))
  const keeper = storeKeeper(new SqliteSessionStore({ database, durability }))
  return {
    ...keeper,
    close: async () => {
      await keeper.close()
      database.close()
    },
  }
}

function storeKeeper(store: SessionStore): SessionKeeper {
  return {
    add: (sessionId) => store.write(sessionId, [{ ...CREDS_KEY, value: pairedCreds() }]),
    open: (sessionId) => openInStore(store, sessionId),
    list: async () => {
      let count = 0
      for await (const _id of store.list()) count += 1
      return count
    },
    close: () => store.close(),
  }
}

/** As a manager does. */
async function openInStore(store: SessionStore, sessionId: string): Promise<OpenAuth> {
  const lease = await store.lock.acquire(sessionId)
  if (lease === null) throw new Error(`Session ${sessionId} is owned by somebody else.`)
  const stored = await readStoredSession(store, sessionId, TIMEOUT_MS)
  if (stored.kind !== 'readable') throw new Error(`Session ${sessionId} is ${stored.kind}.`)
  const auth = new AuthState({
    sessionId,
    store,
    baileys,
    fencingToken: lease.fencingToken,
    timeoutMs: TIMEOUT_MS,
    creds: decodeCreds(stored.text),
    storedText: stored.text,
    onFailure: (error) => {
      throw error
    },
    onProblem: (error) => {
      throw error
    },
  })
  const { creds, keys } = auth.authenticationState
  return {
    creds,
    getPreKeys: async (ids) => keys.get('pre-key', ids),
    setKeys: async (data) => keys.set(data),
    saveCreds: () => auth.saveCreds(),
    saveLifecycle: (index) => store.write(sessionId, [{ ...LIFECYCLE_KEY, value: lifecycleText(index) }], { fencingToken: lease.fencingToken }),
    release: () => lease.release(),
  }
}

/** Baileys alone, a folder for each session, as its examples have it. */
function stockKeeper(folder: string): SessionKeeper {
  const pathOf = (sessionId: string): string => join(folder, `session-${sessionId}`)
  return {
    add: async (sessionId) => {
      await mkdir(pathOf(sessionId), { recursive: true })
      await writeFile(join(pathOf(sessionId), 'creds.json'), pairedCreds())
    },
    open: async (sessionId) => {
      const {
        state: { creds, keys },
        saveCreds,
      } = await baileys.useMultiFileAuthState(pathOf(sessionId))
      return {
        creds,
        getPreKeys: async (ids) => keys.get('pre-key', ids),
        setKeys: async (data) => keys.set(data),
        saveCreds,
        saveLifecycle: null,
        release: null,
      }
    },
    // It lists nothing: the least that an application has to do before it opens them, for an empty folder would become a new
    // identity. One after the other, because 10,000 calls of `access` at once, or in chunks, take three times as long.
    list: async () => (await stockFolders(folder)).filter((name) => existsSync(join(folder, name, 'creds.json'))).length,
    close: async () => undefined,
  }
}

async function stockFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory() && entry.name.startsWith('session-')).map((entry) => entry.name)
}
