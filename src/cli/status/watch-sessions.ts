import { setTimeout as delay } from 'node:timers/promises'
import type { ReportedStanding } from './standing-report.js'

/** How often to look. */
const LOOK_MS = 1000

/** What changed between two looks. */
export interface StandingChanges {
  /** Every session, as it stands now. */
  readonly sessions: readonly ReportedStanding[]
  /** Those that are new, or stand otherwise than before. */
  readonly changed: readonly ReportedStanding[]
  /** The ids of those that are there no more. */
  readonly gone: readonly string[]
}

/** Looks again and again, and tells of what changed: first of everything. Resolves when it is called off. Rejects as `look` does. */
export async function watchSessions(look: () => Promise<readonly ReportedStanding[]>, signal: AbortSignal, tell: (changes: StandingChanges) => void): Promise<void> {
  let before: readonly ReportedStanding[] | null = null
  while (!signal.aborted) {
    const sessions = await look()
    const changes = compareStandings(before ?? [], sessions)
    if (before === null || changes.changed.length > 0 || changes.gone.length > 0) tell(changes)
    before = sessions
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** What changed between two looks. */
export function compareStandings(before: readonly ReportedStanding[], sessions: readonly ReportedStanding[]): StandingChanges {
  const known = new Map(before.map(session => [session.sessionId, JSON.stringify(session)]))
  const ids = new Set(sessions.map(({ sessionId }) => sessionId))
  return {
    sessions,
    changed: sessions.filter(session => known.get(session.sessionId) !== JSON.stringify(session)),
    gone: before.map(({ sessionId }) => sessionId).filter(sessionId => !ids.has(sessionId)),
  }
}
