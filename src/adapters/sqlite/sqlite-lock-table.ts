import type { ClusterTable } from '../../lease/cluster-table.js'
import type { Holder } from '../../lease/holder.js'
import type { LeaseLock } from '../../lease/lease-lock.js'
import type { LeaseKey, LockEntry, LockTable, ReleaseOptions } from '../../lease/lock-table.js'
import { assertCurrentWriter } from '../../lease/session-lock.js'
import { toColumn } from '../column-text.js'
import { beat, stopBeating } from './heartbeat-rows.js'
import { NEXT_REVISION, SqliteClusterTable } from './sqlite-cluster-table.js'
import type { SqliteConnection, SqliteWork } from './sqlite-connection.js'
import { numberOf, type SqliteRow, type SqliteStatements, textOf } from './sqlite-statements.js'

/** What the row of a session says of its lock and its records. */
export interface SessionRow extends LockEntry {
  /** Stands for the session in other tables; `null` when there is no row. */
  sessionKey: number | null
  /** Whether it has records, so that it is listed. */
  hasRecords: boolean
  /** Names the lock object that took the newest token; `null` when it was given back. */
  nonce: string | null
}

/** Who writes. */
export interface Writer {
  sessionId: string
  /** The token that came with the write, if any. */
  fencingToken: number | undefined
  /** What it does, in the infinitive. */
  verb: string
}

const FIND = `SELECT session_key, has_records, token, holder, session.nonce AS nonce, coalesce(beat_at, held_since) AS last_sign_at
  FROM baileys_sessions_session AS session LEFT JOIN baileys_sessions_heartbeat AS heartbeat ON heartbeat.nonce = session.nonce
  WHERE session_id = ?`
const ADD = 'INSERT INTO baileys_sessions_session (session_id) VALUES (?) RETURNING session_key'
const CLAIM = `UPDATE baileys_sessions_session SET token = token + 1, holder = ?, nonce = ?, held_since = ?, note = NULL, revision = ${NEXT_REVISION}
  WHERE session_id = ? RETURNING token`
const RELEASE = `UPDATE baileys_sessions_session SET holder = NULL, nonce = NULL, held_since = NULL, note = NULL, revision = ${NEXT_REVISION}
  WHERE session_id = ? AND token = ? AND nonce = ?`

/** Locks as rows, for the processes that share a database. Signs of life are dated by the clock of the system. */
export class SqliteLockTable implements LockTable<SessionRow> {
  readonly cluster: ClusterTable
  readonly #connection: SqliteConnection

  /** Touches no table yet. */
  constructor(connection: SqliteConnection) {
    this.#connection = connection
    this.cluster = new SqliteClusterTable(connection)
  }

  async look(sessionId: string): Promise<SessionRow> {
    return this.#connection.read({ verb: `read the lock of session "${sessionId}" in`, sessionId }, (statements) => findSession(statements, sessionId))
  }

  async claim(sessionId: string, seen: SessionRow, holder: Holder): Promise<number | null> {
    return this.#connection.write({ verb: `take the lock of session "${sessionId}" in`, sessionId }, (statements) => {
      const found = findSession(statements, sessionId)
      if (!isSameHolder(found, seen)) return null
      if (found.sessionKey === null) addSession(statements, sessionId)
      const now = Date.now()
      const [row] = statements.rows(CLAIM, toColumn(JSON.stringify(holder)), holder.nonce, now, toColumn(sessionId))
      beat(statements, holder, now)
      return numberOf(row, 'token')
    })
  }

  async release({ sessionId, token, nonce }: LeaseKey, { isLast }: ReleaseOptions): Promise<void> {
    await this.#connection.write({ verb: `release the lock of session "${sessionId}" in`, sessionId }, (statements) => {
      statements.run(RELEASE, toColumn(sessionId), token, nonce)
      if (isLast) stopBeating(statements, nonce)
    })
  }

  async beat(holder: Holder): Promise<boolean> {
    await this.#connection.write({ verb: 'record that this process is alive in' }, (statements) => beat(statements, holder, Date.now()))
    return true
  }

  async now(): Promise<number> {
    return Date.now()
  }

  /**
   * Does some work in one transaction if this writer may write, with the row of the session as it is then. Rejects with
   * `STALE_WRITER` otherwise; see `ProcessLock.check`.
   */
  async write(lock: LeaseLock<SessionRow>, { sessionId, fencingToken, verb }: Writer, work: (session: SessionRow) => SqliteWork<void>): Promise<void> {
    // A write without a token has to know first whether the holder lives; then it may be another one.
    for (let dead: SessionRow | null = null; ;) {
      const seen = await this.#connection.write({ verb: `${verb} session "${sessionId}" in`, sessionId }, (statements) => {
        const row = findSession(statements, sessionId)
        lock.sawNewest(sessionId, row.token)
        const isFree = row.nonce === null || (dead !== null && isSameHolder(row, dead))
        if (fencingToken === undefined && !isFree) return row
        assertCurrentWriter({ sessionId, fencingToken, newestToken: row.token, isHeld: false })
        work(row)(statements)
        return null
      })
      if (seen === null) return
      assertCurrentWriter({ sessionId, fencingToken, newestToken: seen.token, isHeld: (await lock.ownerOf(seen)) !== null })
      dead = seen
    }
  }
}

/** Makes the row of a session that has none, and tells its key. */
export function addSession(statements: SqliteStatements, sessionId: string): number {
  return numberOf(statements.rows(ADD, toColumn(sessionId))[0], 'session_key')
}

/** The row of a session; one of nothing when there is none. */
function findSession(statements: SqliteStatements, sessionId: string): SessionRow {
  const row: SqliteRow | undefined = statements.rows(FIND, toColumn(sessionId))[0]
  const nonce = textOf(row, 'nonce')
  return {
    sessionKey: row === undefined ? null : numberOf(row, 'session_key'),
    hasRecords: numberOf(row, 'has_records') === 1,
    token: numberOf(row, 'token'),
    nonce,
    holders: nonce === null ? [] : [{ text: textOf(row, 'holder') ?? '', lastSignAt: numberOf(row, 'last_sign_at') }],
  }
}

/** Whether what was found out about the holder of one row is true of the other: the same lease, and no sign of life since. */
function isSameHolder(one: SessionRow, other: SessionRow): boolean {
  return one.token === other.token && one.nonce === other.nonce && one.holders[0]?.lastSignAt === other.holders[0]?.lastSignAt
}
