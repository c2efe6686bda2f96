import type { Standing } from '../cluster/standing.js'
import type { ConnectionRecord } from '../repository/connection-repository.js'
import type { ProcessName } from '../session/session-refusals.js'
import type { SessionSnapshot } from '../status/session-status.js'
import { describeStatus, type StatusMessages } from '../status/status-reasons.js'

/** A session that another process runs, as that one keeps it. */
export interface KeptSession {
  readonly sessionId: string
  readonly owner: ProcessName
  readonly standing: Standing
  /** What the repository knows of it: only that has the application's own data. */
  readonly record: ConnectionRecord | null
  /** The number that is stored; its owner may not have read it yet. */
  readonly storedNumber?: string | undefined
}

/** The snapshot of a session that another process runs. It is the caller's own: dates are copies. */
export function viewElsewhere({ sessionId, owner, standing, record, storedNumber }: KeptSession, messages: StatusMessages): SessionSnapshot {
  const { status, reason, since, lastDisconnect, nextRetryAt, restrictedUntil, attempt } = standing
  const phoneNumber = standing.phoneNumber ?? storedNumber ?? record?.phoneNumber ?? undefined
  return {
    sessionId,
    status,
    isConnected: status === 'connected',
    reason,
    message: describeStatus(status, reason, messages, { number: phoneNumber, until: nextRetryAt ?? restrictedUntil ?? undefined }),
    ...(phoneNumber === undefined ? {} : { phoneNumber }),
    ...(attempt === null ? {} : { attempt }),
    ...(nextRetryAt === null ? {} : { nextRetryAt: new Date(nextRetryAt) }),
    ...(restrictedUntil === null ? {} : { restrictedUntil: new Date(restrictedUntil) }),
    ...(lastDisconnect === null ? {} : { lastDisconnect: { ...lastDisconnect, at: new Date(lastDisconnect.at) } }),
    since: new Date(since),
    ...placeOf(owner),
    ...(record === null ? {} : { metadata: record.metadata }),
  }
}

/** Where a session is that does not run here; `null`: nobody runs it. */
export function placeOf(owner: ProcessName | null): Pick<SessionSnapshot, 'owner' | 'ownerAddress' | 'isLocal'> {
  if (owner === null) return { owner: null, isLocal: true }
  return { owner: owner.owner, ...(owner.address === null ? {} : { ownerAddress: owner.address }), isLocal: false }
}
