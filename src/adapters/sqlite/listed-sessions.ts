import { type SqliteStatements, textOf } from './sqlite-statements.js'
import { fromColumn, toColumn } from './stored-text.js'

const UPDATE = `UPDATE baileys_sessions_session SET has_records = NOT has_records WHERE session_key = ?
  AND has_records <> EXISTS (SELECT 1 FROM baileys_sessions_record AS record WHERE record.session_key = baileys_sessions_session.session_key)`

// All ids of a page in one text: as rows, drivers take four times as long to hand them out.
// The condition stands as it does in the index: SQLite uses that for no other.
const listed = (operator: '>' | '>='): string => `SELECT json_group_array(session_id) AS ids FROM (
  SELECT session_id FROM baileys_sessions_session WHERE has_records = 1 AND session_id ${operator} ? ORDER BY session_id LIMIT ?)`
const LIST_FIRST = listed('>=')
const LIST_NEXT = listed('>')

/**
 * Notes on the row of a session whether it has records, which makes it one that is listed: to look for a record of each
 * session takes ten times as long as to list them. Belongs in the transaction that has removed records, or added the first.
 */
export function noteWhetherListed(statements: SqliteStatements, sessionKey: number): void {
  statements.run(UPDATE, sessionKey)
}

/** Some ids of sessions that have records, in the order of the database, after one of them. */
export function listSessions(statements: SqliteStatements, after: string | null, limit: number): string[] {
  const [row] = statements.rows(after === null ? LIST_FIRST : LIST_NEXT, toColumn(after ?? ''), limit)
  const ids: unknown = JSON.parse(textOf(row, 'ids') ?? '[]')
  return Array.isArray(ids) ? ids.filter(id => typeof id === 'string').map(fromColumn) : []
}
