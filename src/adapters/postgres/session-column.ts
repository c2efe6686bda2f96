import { SessionError } from '../../errors.js'
import { toColumn } from '../column-text.js'

/** An index of PostgreSQL takes no more than 2704 bytes. */
const LONGEST_BYTES = 2000

/** The id of a session as it stands in its column. Throws `INVALID_SESSION_ID` for one that is too long for it. */
export function sessionColumn(sessionId: string): string {
  const column = toColumn(sessionId)
  if (Buffer.byteLength(column) <= LONGEST_BYTES) return column
  throw new SessionError('INVALID_SESSION_ID', `A session id may have up to ${LONGEST_BYTES} bytes in PostgreSQL; this one is longer.`, { sessionId })
}
