import type { SessionManager, SessionSnapshot } from 'baileys-sessions'

/** What an operator has to know of a session. */
export type SessionInNeed = Pick<SessionSnapshot, 'sessionId' | 'status' | 'reason' | 'message' | 'since'>

/** The sessions that need a person: for the page of an operator, behind its login. No probe: it reads what rests from the store. */
export async function sessionsInNeed(sessions: SessionManager): Promise<SessionInNeed[]> {
  const snapshots = await sessions.getStatuses()
  return snapshots
    .filter(({ status }) => status === 'failed' || status === 'logged_out')
    // Field by field: a snapshot may hold a QR code.
    .map(({ sessionId, status, reason, message, since }) => ({ sessionId, status, reason, message, since }))
}
