/** What a process says of itself and of its locks, in a file that only it writes. */
export interface MemberRecord {
  /** The text of its `Holder`, and in which folder the file was made. */
  readonly holder: string
  /** What it has announced; `null` when nothing. */
  readonly entered: string | null
  /** Of its newest change. */
  readonly revision: number
  /** The locks that it holds, and those that it held a while ago. */
  readonly locks: ReadonlyMap<string, MemberLock>
}

/** A lock, as the process tells it that took it. */
export interface MemberLock {
  readonly token: number
  /** Of its newest change. */
  readonly revision: number
  readonly note: string | null
  /** When the lease ended; `null` when it has not. */
  readonly endedAt: number | null
}

/** A lock in the file: the session, the token, the revision, the note, and when it ended. */
type LockRow = readonly [sessionId: string, token: number, revision: number, note: string | null, endedAt: number | null]

/** The text of a member's file. */
export function formatMember({ holder, entered, revision, locks }: MemberRecord): string {
  const rows: LockRow[] = [...locks].map(([sessionId, lock]) => [sessionId, lock.token, lock.revision, lock.note, lock.endedAt])
  return JSON.stringify({ holder, entered, revision, locks: rows })
}

/** Reads the text of a member's file; `null` when it is damaged. */
export function parseMember(text: string): MemberRecord | null {
  const { holder, entered, revision, locks } = fieldsIn(text)
  if (typeof holder !== 'string' || !isText(entered) || typeof revision !== 'number' || !Array.isArray(locks) || !locks.every(isLockRow)) return null
  return {
    holder,
    entered,
    revision,
    locks: new Map(locks.map(([sessionId, token, changedIn, note, endedAt]) => [sessionId, { token, revision: changedIn, note, endedAt }])),
  }
}

function fieldsIn(text: string): Partial<Record<keyof MemberRecord, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function isLockRow(row: unknown): row is LockRow {
  if (!Array.isArray(row)) return false
  const [sessionId, token, revision, note, endedAt] = row as unknown[]
  return typeof sessionId === 'string' && typeof token === 'number' && typeof revision === 'number' && isText(note) && isTime(endedAt)
}

function isText(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

function isTime(value: unknown): value is number | null {
  return value === null || typeof value === 'number'
}
