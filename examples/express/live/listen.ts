import type { Listener, SessionManager, SessionManagerEvents } from 'baileys-sessions'

/** Adds a listener, and returns a function that removes it. */
export function listen<Name extends keyof SessionManagerEvents>(
  sessions: SessionManager,
  event: Name,
  listener: Listener<SessionManagerEvents[Name]>,
): () => void {
  sessions.on(event, listener)
  return () => {
    sessions.off(event, listener)
  }
}
