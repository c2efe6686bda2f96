import type { NotedLock } from '../../lease/cluster-table.js'
import type { MemberRecord } from './member-record.js'

/** The members of a cluster by the nonces of their holders. */
export type Members = ReadonlyMap<string, MemberRecord>

/** Up to which change of each member somebody was told. */
export interface MemberPosition {
  /** Which folder that was in. */
  readonly inode: string
  readonly revisions: ReadonlyMap<string, number>
}

/** Where the members are now. */
export function newestPosition(inode: string, members: Members): MemberPosition {
  return { inode, revisions: new Map([...members].map(([nonce, { revision }]) => [nonce, revision])) }
}

/** A position as a text. */
export function formatPosition({ inode, revisions }: MemberPosition): string {
  return JSON.stringify([inode, ...revisions])
}

/** Reads what {@link formatPosition} made; `null` when it is something else. */
export function parsePosition(text: string): MemberPosition | null {
  try {
    const parts: unknown = JSON.parse(text)
    if (!Array.isArray(parts)) return null
    const [inode, ...revisions] = parts as unknown[]
    return typeof inode === 'string' && revisions.every(isRevision) ? { inode, revisions: new Map(revisions) } : null
  } catch {
    return null
  }
}

function isRevision(part: unknown): part is readonly [nonce: string, revision: number] {
  return Array.isArray(part) && typeof part[0] === 'string' && typeof part[1] === 'number'
}

/** Every lock that a member holds. */
export function heldLocks(members: Members): NotedLock[] {
  return locksOf(members, () => true).filter(({ nonce }) => nonce !== null)
}

/** Every lock that a member took, gave back or noted since. */
export function changedLocks(members: Members, { revisions }: MemberPosition): NotedLock[] {
  return locksOf(members, (nonce, revision) => revision > seenOf(members.get(nonce), revisions.get(nonce)))
}

/** One that is back from before, or out of a backup, counts from anew. */
function seenOf(member: MemberRecord | undefined, seen = 0): number {
  return member !== undefined && seen > member.revision ? 0 : seen
}

/** How the locks are that something is told of. Several members may have had one: the highest token counts. */
function locksOf(members: Members, isTold: (nonce: string, revision: number) => boolean): NotedLock[] {
  const sessionIds = new Set<string>()
  for (const [nonce, { revision, locks }] of members) {
    if (!isTold(nonce, revision)) continue
    for (const [sessionId, lock] of locks) if (isTold(nonce, lock.revision)) sessionIds.add(sessionId)
  }
  return [...sessionIds].map((sessionId) => lockOf(members, sessionId))
}

function lockOf(members: Members, sessionId: string): NotedLock {
  let newest = 0
  let told: NotedLock = { sessionId, nonce: null, note: null }
  for (const [nonce, { locks }] of members) {
    const lock = locks.get(sessionId)
    if (lock === undefined || lock.token <= newest) continue
    newest = lock.token
    told = lock.endedAt === null ? { sessionId, nonce, note: lock.note } : { sessionId, nonce: null, note: null }
  }
  return told
}
