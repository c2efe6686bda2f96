import type { SessionManager, SessionSnapshot } from 'baileys-sessions'

/** What an operator has to know about a session. */
export type SessionInNeed = Pick<SessionSnapshot, 'sessionId' | 'status' | 'reason' | 'message' | 'since'>

/** The sessions that need a person, for an operator's page behind a login. Not for a probe: it reads idle sessions from the store. */
export async function sessionsInNeed(sessions: SessionManager): Promise<SessionInNeed[]> {
  const snapshots = await sessions.getStatuses()
  return (
    snapshots
      .filter(({ status }) => status === 'failed' || status === 'logged_out')
      // Field by field, because a snapshot may contain a QR code.
      .map(({ sessionId, status, reason, message, since }) => ({ sessionId, status, reason, message, since }))
  )
}
