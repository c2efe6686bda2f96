import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { encodeCard, type MemberCard } from '../../src/cluster/member-card.js'
import { encodeStanding, type Standing } from '../../src/cluster/standing.js'
import type { LockCluster } from '../../src/lease/lock-cluster.js'
import type { SessionLease } from '../../src/lease/session-lock.js'
import { openSqliteDatabase, SqliteSessionStore } from '../../src/sqlite.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { storePaired } from './stored-sessions.js'

/** What a process says of a session that is connected. */
export function connected(changes: Partial<Standing> = {}): Standing {
  return {
    status: 'connected',
    reason: null,
    phoneNumber: null,
    since: new Date('2026-03-01T09:12:44.120Z'),
    lastDisconnect: null,
    nextRetryAt: null,
    restrictedUntil: null,
    attempt: null,
    offeredTo: null,
    moves: 0,
    movedAt: null,
    ...changes,
  }
}

/** A process that shares a database with others, as far as they can see it. */
export class FleetMember {
  readonly store: SqliteSessionStore
  readonly cluster: LockCluster
  readonly #leases = new Map<string, SessionLease>()

  private constructor(store: SqliteSessionStore, cluster: LockCluster) {
    this.store = store
    this.cluster = cluster
  }

  /** Opens a database of its own connection. It is closed when the test ends. */
  static async open(file: string): Promise<FleetMember> {
    const database = await openSqliteDatabase(file)
    const store = new SqliteSessionStore({ database })
    onTestFinished(async () => {
      await store.close()
      database.close()
    })
    const { cluster } = store.lock
    if (cluster === undefined) throw new Error('The lock of this store has no cluster.')
    return new FleetMember(store, cluster)
  }

  /** Says of itself that it takes sessions, and whatever else is given. */
  async announce(card: Partial<MemberCard> = {}): Promise<this> {
    await this.cluster.announce(encodeCard({ joinedAt: 0, address: null, maxSessions: null, takes: true, draining: false, ready: [], ...card }))
    return this
  }

  /** Takes the lock of a session, and says what is given of it. */
  async take(sessionId: string, standing: Standing | null = null): Promise<void> {
    const lease = await this.store.lock.acquire(sessionId)
    if (lease === null) throw new Error(`The lock of ${sessionId} is held.`)
    this.#leases.set(sessionId, lease)
    if (standing !== null) await this.cluster.note(sessionId, lease.fencingToken, encodeStanding(standing))
  }

  async release(sessionId: string): Promise<void> {
    await this.#leases.get(sessionId)?.release()
  }

  /** Its name. Known once it has announced itself or holds a lock. */
  async owner(): Promise<string> {
    const { processes } = await this.cluster.follow().next()
    return processes.find(({ isSelf }) => isSelf)?.owner ?? ''
  }

  async isAskedToDrain(): Promise<boolean> {
    const { processes } = await this.cluster.follow().next()
    return processes.some(({ isSelf, isAskedToDrain }) => isSelf && isAskedToDrain)
  }
}

/** Makes a database with these sessions, which nobody holds. */
export async function databaseOf(sessionIds: readonly string[]): Promise<{ file: string; name: string }> {
  const file = join(temporaryFolder(), 'sessions.db')
  const { store } = await FleetMember.open(file)
  for (const id of sessionIds) await storePaired(store, id)
  return { file, name: `sqlite:${file}` }
}
