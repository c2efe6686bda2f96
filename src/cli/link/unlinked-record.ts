import { readStoredSession } from '../../auth/stored-session.js'
import { LIFECYCLE_KEY, type SessionStore } from '../../store/session-store.js'
import { READ_TIMEOUT_MS } from '../read-timeout.js'
import type { StoreView } from '../store-view.js'
import { isLinkedSession } from './linkable-session.js'

/** What was stored of a session before it was to be linked. */
export interface RecordBefore {
  /** Whether there was anything. */
  readonly isThere: boolean
  /** The text of its lifecycle record, as it was stored; `null` when it had none. */
  readonly lifecycle: string | null
}

/** Looks at what a pairing changes before it succeeds: the lifecycle record alone. */
export async function readBefore(store: SessionStore, sessionId: string): Promise<RecordBefore> {
  const [lifecycle] = await store.read(sessionId, [LIFECYCLE_KEY])
  let isThere = false
  for await (const _key of store.records(sessionId)) {
    isThere = true
    break
  }
  return { isThere, lifecycle: lifecycle?.value ?? null }
}

/** Makes it as it was, unless it is linked now, or somebody else runs it. */
export async function putBackUnlessLinked({ raw, open }: StoreView, sessionId: string, { isThere, lifecycle }: RecordBefore): Promise<void> {
  const lease = await raw.lock.acquire(sessionId)
  if (lease === null) return
  const { fencingToken } = lease
  try {
    const stored = await readStoredSession(open, sessionId, READ_TIMEOUT_MS)
    if ('error' in stored || isLinkedSession(stored)) return
    if (isThere) await raw.write(sessionId, [{ ...LIFECYCLE_KEY, value: lifecycle }], { fencingToken })
    else await raw.delete(sessionId, { fencingToken })
  } finally {
    await lease.release()
  }
}
