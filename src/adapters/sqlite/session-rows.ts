import { type SqliteRow, type SqliteStatements, numberOf, textOf } from './sqlite-statements.js'
import { toColumn } from './stored-text.js'

/** What the row of a session says of its lock and its records. */
export interface SessionRow {
  /** Stands for the session in other tables; `null` when there is no row. */
  sessionKey: number | null
  /** Whether it has records, so that it is listed. */
  hasRecords: boolean
  /** The newest token; 0 when none was ever handed out. */
  token: number
  /** Who took it, as `describeHolder` tells it; `null` when it was given back. */
  holder: string | null
  /** Names the lock object that took it; `null` when it was given back. */
  nonce: string | null
  /** The last sign of life of the holder, by the clock of the system as it was then: its last beat, or else when it took the lock. */
  lastSignAt: number
}

/** A lock that is to be taken. */
export interface Claim {
  sessionId: string
  /** The row on which it was decided that nobody holds the lock. */
  seen: SessionRow
  /** Who takes it. */
  holder: string
  nonce: string
  now: number
}

const FIND = `SELECT session_key, has_records, token, holder, session.nonce AS nonce, coalesce(beat_at, held_since) AS last_sign_at
  FROM baileys_sessions_session AS session LEFT JOIN baileys_sessions_heartbeat AS heartbeat ON heartbeat.nonce = session.nonce
  WHERE session_id = ?`
const ADD = 'INSERT INTO baileys_sessions_session (session_id) VALUES (?) RETURNING session_key'
const CLAIM = `UPDATE baileys_sessions_session SET token = token + 1, holder = ?, nonce = ?, held_since = ?
  WHERE session_id = ? RETURNING token`
const RELEASE = 'UPDATE baileys_sessions_session SET holder = NULL, nonce = NULL, held_since = NULL WHERE session_id = ? AND token = ? AND nonce = ?'
const BEAT = 'INSERT INTO baileys_sessions_heartbeat VALUES (?, ?) ON CONFLICT DO UPDATE SET beat_at = excluded.beat_at'
const STOP = 'DELETE FROM baileys_sessions_heartbeat WHERE nonce = ? OR beat_at < ?'

/** Heartbeats of processes that died are kept this long. */
const KEEP_DEAD_MS = 24 * 60 * 60 * 1000

/** The row of a session; one of nothing when there is none. */
export function findSession(statements: SqliteStatements, sessionId: string): SessionRow {
  const row: SqliteRow | undefined = statements.rows(FIND, toColumn(sessionId))[0]
  return {
    sessionKey: row === undefined ? null : numberOf(row, 'session_key'),
    hasRecords: numberOf(row, 'has_records') === 1,
    token: numberOf(row, 'token'),
    holder: textOf(row, 'holder'),
    nonce: textOf(row, 'nonce'),
    lastSignAt: numberOf(row, 'last_sign_at'),
  }
}

/** Makes the row of a session that has none, and tells its key. */
export function addSession(statements: SqliteStatements, sessionId: string): number {
  return numberOf(statements.rows(ADD, toColumn(sessionId))[0], 'session_key')
}

/** Takes a lock and tells its token; `null` when somebody else was faster, or its holder has shown that it lives after all. */
export function claim(statements: SqliteStatements, { sessionId, seen, holder, nonce, now }: Claim): number | null {
  const found = findSession(statements, sessionId)
  if (!isSameHolder(found, seen)) return null
  if (found.sessionKey === null) addSession(statements, sessionId)
  const [row] = statements.rows(CLAIM, toColumn(holder), nonce, now, toColumn(sessionId))
  beat(statements, nonce, now)
  return numberOf(row, 'token')
}

/** Whether what was found out about the holder of one row is true of the other: the same lease, and no sign of life since. */
export function isSameHolder(one: SessionRow, other: SessionRow): boolean {
  return one.token === other.token && one.nonce === other.nonce && one.lastSignAt === other.lastSignAt
}

/** Gives a lock back. Of no effect when somebody else has it. */
export function release(statements: SqliteStatements, { sessionId, token, nonce }: { sessionId: string, token: number, nonce: string }): void {
  statements.run(RELEASE, toColumn(sessionId), token, nonce)
}

/** Shows that a lock object lives. */
export function beat(statements: SqliteStatements, nonce: string, now: number): void {
  statements.run(BEAT, nonce, now)
}

/** Removes the heartbeat of a lock object that holds nothing any more, and those of the long dead. */
export function stopBeating(statements: SqliteStatements, nonce: string, now: number): void {
  statements.run(STOP, nonce, now - KEEP_DEAD_MS)
}
