import type { Session } from '../session/session.js'
import { withDeadline } from '../time/deadline.js'
import type { ManagerParts } from './manager-parts.js'

/** What closing a manager came to. */
export interface CloseReport {
  /** The sessions that finished everything. */
  closed: string[]
  /** The sessions that had writes left when the time was up. */
  notDrained: string[]
}

/** Ends all sessions, then the repository's follower, within one deadline. Never rejects. */
export async function closeManager({ announcer, follower, registry, versions }: ManagerParts, timeoutMs: number): Promise<CloseReport> {
  const deadline = Date.now() + timeoutMs
  registry.seal()
  versions.close()
  const report: CloseReport = { closed: [], notDrained: [] }
  await Promise.all(registry.all().map(async (session) => {
    const drained = await endInTime(session, timeoutMs)
    ;(drained ? report.closed : report.notDrained).push(session.id)
  }))
  if (follower !== null) {
    await inTime(follower.close(), Math.max(0, deadline - Date.now()))
    follower.abandon()
  }
  announcer.events.clear()
  return report
}

async function endInTime(session: Session, timeoutMs: number): Promise<boolean> {
  const isDone = await inTime(session.close(), timeoutMs) ?? false
  session.abandon()
  return isDone
}

async function inTime<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result | undefined> {
  return withDeadline(work, timeoutMs, () => new Error('late')).catch(() => undefined)
}
