import { type ConnectionRepository, MemorySessionStore, SessionManager, type SessionSnapshot, type SessionStore } from 'baileys-sessions'
import {
  connectionRepositoryContract,
  type ContractCase,
  FakeBaileys,
  type FakeSocket,
  sessionLockContract,
  sessionStoreContract,
  WhatsAppServer,
} from 'baileys-sessions/testing'
import { createClient as createSupabaseClient } from '@supabase/supabase-js'
import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import pg from 'pg'
import postgres from 'postgres'
import { createClient } from 'redis'
import { PostgresConnectionRepository, PostgresSessionStore } from 'baileys-sessions/postgres'
import spanish from 'baileys-sessions/messages/es'
import portuguese from 'baileys-sessions/messages/pt-br'
import { RedisSessionStore } from 'baileys-sessions/redis'
import { openSqliteDatabase, type SqliteDatabase, SqliteConnectionRepository, SqliteSessionStore } from 'baileys-sessions/sqlite'
import { SupabaseConnectionRepository } from 'baileys-sessions/supabase'

declare const repository: ConnectionRepository
const store: SessionStore = new MemorySessionStore()
const sessions = new SessionManager({ store, repository, baileys: new FakeBaileys(), socketConfig: () => ({ syncFullHistory: false }) })

export const inSpanish = new SessionManager({ store, messages: spanish })
export const reworded = new SessionManager({ store, messages: { ...portuguese, connected: 'Tudo certo.' } })
export const snapshot: Promise<SessionSnapshot> = sessions.getStatus('a')
export const user: string | undefined = sessions.getSocket('a')?.user?.id
export const starting: Promise<WhatsAppServer> = WhatsAppServer.start()
export function phoneOf(socket: FakeSocket): string | undefined {
  return socket.phoneNumber
}
export const cases: ContractCase[] = [
  ...sessionStoreContract(async () => new MemorySessionStore(), {
    corrupt: (of: MemorySessionStore, sessionId, key) => of.write(sessionId, [{ ...key, value: '' }]),
  }),
  ...sessionLockContract(() => store.lock, { disconnect: () => () => undefined }),
  ...connectionRepositoryContract(() => repository, { dispose: (of) => of.delete('a') }),
]
export async function openSqlite(): Promise<SessionManager> {
  const database: SqliteDatabase = await openSqliteDatabase('sessions.db')
  return new SessionManager({ store: new SqliteSessionStore({ database, durability: 'process' }), repository: new SqliteConnectionRepository({ database }) })
}
export const redisStores: SessionStore[] = [new Redis(), new Valkey(), createClient()].map((client) => new RedisSessionStore({ client }))
const sql = postgres()
export const postgresStores: SessionStore[] = [
  new PostgresSessionStore({ client: new pg.Pool() }),
  new PostgresSessionStore({ client: { query: async (text, params) => ({ rows: await sql.unsafe(text, params) }) } }),
]
export const connections: ConnectionRepository = new PostgresConnectionRepository({ client: new pg.Pool(), columns: { sessionId: 'instance', owner: null } })
export const supabase: ConnectionRepository = new SupabaseConnectionRepository({ client: createSupabaseClient('http://127.0.0.1', 'sb_secret_key') })
// @ts-expect-error the types of Baileys are there, not `any`
sessions.getSocket('a')?.notAMember
