import type { Holder } from '../../lease/holder.js'
import { toColumn } from '../column-text.js'
import type { SqliteStatements } from './sqlite-statements.js'

const BEAT = `INSERT INTO baileys_sessions_heartbeat (nonce, beat_at, description) VALUES (?, ?, ?)
  ON CONFLICT DO UPDATE SET beat_at = excluded.beat_at, description = excluded.description`
const STOP = 'DELETE FROM baileys_sessions_heartbeat WHERE nonce = ? OR beat_at < ?'

/** Heartbeats of processes that died are kept this long. */
const KEEP_DEAD_MS = 24 * 60 * 60 * 1000

/** Shows that a holder lives. */
export function beat(statements: SqliteStatements, holder: Holder, now: number): void {
  statements.run(BEAT, holder.nonce, now, toColumn(JSON.stringify(holder)))
}

/** Removes what a holder's beats have left behind, and what it has entered; for those that died long ago, too. */
export function stopBeating(statements: SqliteStatements, nonce: string): void {
  statements.run(STOP, nonce, Date.now() - KEEP_DEAD_MS)
}
