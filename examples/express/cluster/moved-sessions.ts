import type { SessionManager } from 'baileys-sessions'
import type { LiveView } from '../live/live-view.js'

/** Ends the event streams of each session that starts in another process: only that one has its QR codes, and a new stream is sent on to it. */
export function endStreamsOfMovedSessions(sessions: SessionManager, live: LiveView): void {
  sessions.on('status', ({ sessionId, isLocal, ownerAddress }) => {
    if (!isLocal && ownerAddress !== undefined) live.endStreams(sessionId)
  })
}
