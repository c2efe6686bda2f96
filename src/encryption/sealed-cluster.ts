import type { ClusterFollower, ClusterLock, LockCluster, LockHolding } from '../lease/lock-cluster.js'
import type { SessionLock } from '../lease/session-lock.js'
import type { KeyRing } from './key-ring.js'
import { type RecordOpener, RecordSealer } from './record-cipher.js'

/** The place of a note, so that it counts beside no other lock and as no record. */
const NOTE = { type: 'cluster-note', id: '' } as const

/** What notes are sealed and opened with. */
export interface NoteKeys {
  readonly keys: KeyRing
  readonly opener: RecordOpener
}

/** A lock that seals what is noted beside it; as it is when nothing can be noted there. */
export function sealNotes(lock: SessionLock, noteKeys: NoteKeys): SessionLock {
  const { cluster } = lock
  if (cluster === undefined) return lock
  return {
    acquire: (sessionId) => lock.acquire(sessionId),
    owner: (sessionId) => lock.owner(sessionId),
    ...(lock.whenFree === undefined ? {} : { whenFree: (sessionId, onFree) => lock.whenFree?.(sessionId, onFree) ?? (() => undefined) }),
    cluster: new SealedCluster(cluster, noteKeys),
  }
}

/**
 * A cluster whose notes are sealed with the keys of a store: they say which phone number a session has. What members announce is not. A note
 * that cannot be opened, because it was altered or its key was not given, is shown as none.
 */
class SealedCluster implements LockCluster {
  readonly #cluster: LockCluster
  readonly #keys: KeyRing
  readonly #opener: RecordOpener
  readonly #sealer = new RecordSealer()

  constructor(cluster: LockCluster, { keys, opener }: NoteKeys) {
    this.#cluster = cluster
    this.#keys = keys
    this.#opener = opener
  }

  announce(text: string): Promise<void> {
    return this.#cluster.announce(text)
  }

  leave(): Promise<void> {
    return this.#cluster.leave()
  }

  async note(sessionId: string, fencingToken: number, text: string): Promise<void> {
    const key = await this.#keys.current()
    const [sealed] = this.#sealer.seal(key, sessionId, [{ ...NOTE, value: text }])
    if (typeof sealed?.value === 'string') await this.#cluster.note(sessionId, fencingToken, sealed.value)
  }

  async holding(sessionId: string): Promise<LockHolding | null> {
    const holding = await this.#cluster.holding(sessionId)
    return holding === null ? null : { ...holding, text: await this.#open(sessionId, holding.text) }
  }

  follow(): ClusterFollower {
    let follower = this.#cluster.follow()
    return {
      next: async () => {
        const news = await follower.next()
        try {
          return { ...news, locks: await Promise.all(news.locks.map((lock) => this.#openLock(lock))) }
        } catch (error) {
          // A key could not be derived. Nobody was told: everything is told again.
          follower = this.#cluster.follow()
          throw error
        }
      },
    }
  }

  askToDrain(processId: string): Promise<boolean> {
    return this.#cluster.askToDrain(processId)
  }

  async #openLock(lock: ClusterLock): Promise<ClusterLock> {
    return lock.text === null ? lock : { ...lock, text: await this.#open(lock.sessionId, lock.text) }
  }

  async #open(sessionId: string, text: string | null): Promise<string | null> {
    if (text === null) return null
    const [record] = await this.#opener.open(sessionId, [{ ...NOTE, value: text }])
    return record === undefined || record.opened.kind === 'refused' ? null : record.opened.text
  }
}
