import type { ClusterChanges, ClusterTable, HolderNote, NotedLock, ProcessEntry } from '../../lease/cluster-table.js'
import type { Holder } from '../../lease/holder.js'
import type { LeaseKey, ReleaseOptions } from '../../lease/lease-key.js'
import { toColumn } from '../column-text.js'
import { beat, stopBeating } from './heartbeat-rows.js'
import type { SqliteConnection } from './sqlite-connection.js'
import { numberOf, type SqliteRow, type SqliteStatements, textOf } from './sqlite-statements.js'

/** The revision of the next change of a lock; found in the index. */
export const NEXT_REVISION = '(SELECT max(revision) FROM baileys_sessions_session) + 1'

const ENTER = 'UPDATE baileys_sessions_heartbeat SET entered = ? WHERE nonce = ?'
const LEAVE = 'UPDATE baileys_sessions_heartbeat SET entered = NULL, is_asked_to_drain = 0 WHERE nonce = ?'
const ASK_TO_DRAIN = 'UPDATE baileys_sessions_heartbeat SET is_asked_to_drain = 1 WHERE nonce = ? AND entered IS NOT NULL RETURNING nonce'
const NOTE = `UPDATE baileys_sessions_session SET note = ?, revision = ${NEXT_REVISION} WHERE session_id = ? AND token = ? AND nonce = ?`
const FIND = `SELECT holder, note, coalesce(beat_at, held_since) AS last_sign_at, entered, is_asked_to_drain
  FROM baileys_sessions_session AS session LEFT JOIN baileys_sessions_heartbeat AS heartbeat ON heartbeat.nonce = session.nonce
  WHERE session_id = ? AND session.nonce IS NOT NULL`
const NEWEST = 'SELECT database_id, (SELECT max(revision) FROM baileys_sessions_session) AS revision FROM baileys_sessions_schema'
const PROCESSES = `SELECT description AS holder, beat_at AS last_sign_at, entered, is_asked_to_drain
  FROM baileys_sessions_heartbeat WHERE description IS NOT NULL`
const HELD = 'SELECT session_id, nonce, note FROM baileys_sessions_session WHERE nonce IS NOT NULL'
const CHANGED = 'SELECT session_id, nonce, note FROM baileys_sessions_session WHERE revision > ?'

/** Up to which change of which database somebody was told. */
interface Position {
  readonly databaseId: string
  readonly revision: number
}

/** What the processes that share a database say of themselves, in the rows of their heartbeats, and of their locks, in those of the sessions. */
export class SqliteClusterTable implements ClusterTable {
  readonly #connection: SqliteConnection

  /** Touches no table yet. */
  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  async enter(holder: Holder, text: string): Promise<boolean> {
    await this.#connection.write({ verb: 'announce this process in' }, (statements) => {
      beat(statements, holder, Date.now())
      statements.run(ENTER, toColumn(text), holder.nonce)
    })
    return true
  }

  async leave(nonce: string, { isLast }: ReleaseOptions): Promise<void> {
    await this.#connection.write({ verb: 'take the announcement of this process out of' }, (statements) => {
      if (isLast) stopBeating(statements, nonce)
      else statements.run(LEAVE, nonce)
    })
  }

  async note({ sessionId, token, nonce }: LeaseKey, text: string): Promise<void> {
    await this.#connection.write({ verb: `note the state of session "${sessionId}" in`, sessionId }, (statements) =>
      statements.run(NOTE, toColumn(text), toColumn(sessionId), token, nonce),
    )
  }

  async holdersOf(sessionId: string): Promise<readonly HolderNote[]> {
    return this.#connection.read({ verb: `read the lock of session "${sessionId}" in`, sessionId }, (statements) =>
      statements.rows(FIND, toColumn(sessionId)).map((row) => ({ process: processOf(row), note: textOf(row, 'note') })),
    )
  }

  async changes(cursor: string | null): Promise<ClusterChanges> {
    return this.#connection.readAtOnce({ verb: 'read the locks in' }, (statements) => changesSince(statements, cursor))
  }

  async askToDrain(nonce: string): Promise<boolean> {
    const asked = await this.#connection.write({ verb: 'ask a process to drain in' }, (statements) => statements.rows(ASK_TO_DRAIN, toColumn(nonce)))
    return asked.length > 0
  }
}

function changesSince(statements: SqliteStatements, cursor: string | null): ClusterChanges {
  const newest = newestPosition(statements)
  const told = cursor === null ? null : positionOf(cursor)
  // Another database, or an older state of this one, which counts on from there: nobody knows what was missed.
  const since = told !== null && told.databaseId === newest.databaseId && told.revision <= newest.revision ? told.revision : null
  const rows = since === null ? statements.rows(HELD) : since === newest.revision ? [] : statements.rows(CHANGED, since)
  return {
    cursor: `${newest.databaseId} ${newest.revision}`,
    isComplete: since === null,
    processes: statements.rows(PROCESSES).map(processOf),
    locks: rows.map(lockOf),
  }
}

function newestPosition(statements: SqliteStatements): Position {
  const [row] = statements.rows(NEWEST)
  return { databaseId: textOf(row, 'database_id') ?? '', revision: numberOf(row, 'revision') }
}

function positionOf(cursor: string): Position {
  const [databaseId = '', revision] = cursor.split(' ')
  return { databaseId, revision: Number(revision) }
}

function processOf(row: SqliteRow): ProcessEntry {
  return {
    text: textOf(row, 'holder') ?? '',
    lastSignAt: numberOf(row, 'last_sign_at'),
    entered: textOf(row, 'entered'),
    isAskedToDrain: numberOf(row, 'is_asked_to_drain') === 1,
    leaseLeftMs: null,
  }
}

function lockOf(row: SqliteRow): NotedLock {
  return { sessionId: textOf(row, 'session_id') ?? '', nonce: textOf(row, 'nonce'), note: textOf(row, 'note') }
}
