import type { ClusterTable } from '../../lease/cluster-table.js'
import type { Holder } from '../../lease/holder.js'
import type { LeaseKey } from '../../lease/lock-table.js'
import type { FileLockEntry, FileLocks, FileLockTable } from './file-lock-table.js'
import { JoinedClusterTable } from './joined-cluster-table.js'
import type { NewestToken } from './token-files.js'

/** The locks of a store whose sessions are in several places, each of which has files of its own. */
export class FileLockTables implements FileLocks {
  readonly cluster: ClusterTable
  readonly #tables: readonly FileLockTable[]
  readonly #tableOf: (sessionId: string) => FileLockTable

  /** Takes the tables, of which there is one at least, and which of them has a session. */
  constructor(tables: readonly FileLockTable[], tableOf: (sessionId: string) => FileLockTable) {
    this.#tables = tables
    this.#tableOf = tableOf
    this.cluster = new JoinedClusterTable(tables, tableOf)
  }

  look(sessionId: string): Promise<FileLockEntry> {
    return this.#tableOf(sessionId).look(sessionId)
  }

  newest(sessionId: string): Promise<NewestToken> {
    return this.#tableOf(sessionId).newest(sessionId)
  }

  claim(sessionId: string, seen: FileLockEntry, holder: Holder): Promise<number | null> {
    return this.#tableOf(sessionId).claim(sessionId, seen, holder)
  }

  async release(lease: LeaseKey): Promise<void> {
    const table = this.#tableOf(lease.sessionId)
    await table.release(lease, { isLast: false })
    // The last one in its place need not be the last of the process.
    await table.stopIfIdle(lease.nonce)
  }

  async beat(holder: Holder): Promise<boolean> {
    // A disk that fails must not silence the others.
    const beats = await Promise.allSettled(this.#tables.filter(({ isInUse }) => isInUse).map((table) => table.beat(holder)))
    for (const beat of beats) if (beat.status === 'rejected') throw beat.reason
    return true
  }

  /** By the clock of the first place: those of the disks of one machine are taken for the same. */
  async now(): Promise<number> {
    return (await this.#tables[0]?.now()) ?? Date.now()
  }
}
