import assert from 'node:assert/strict'
import type { LockCluster } from '../../../lease/lock-cluster.js'
import type { SessionLock } from '../../../lease/session-lock.js'
import { LockFixture } from '../session-lock/lock-fixture.js'
import type { SessionLockContractHooks } from '../session-lock/session-lock-hooks.js'
import { ClusterWatch } from './cluster-watch.js'

/** A lock that shares its engine, as a case uses it. */
export interface Peer<Lock extends SessionLock = SessionLock> {
  readonly lock: Lock
  readonly cluster: LockCluster
}

/** What one case works with: who has announced itself leaves when it ends. */
export class ClusterFixture<Lock extends SessionLock = SessionLock> extends LockFixture<Lock> {
  readonly #hasAnother: boolean

  constructor(create: () => Lock | Promise<Lock>, hooks: SessionLockContractHooks<Lock>) {
    super(create, hooks)
    this.#hasAnother = hooks.openAnother !== undefined
  }

  /** A new lock on an engine of its own. */
  async openPeer(): Promise<Peer<Lock>> {
    return this.#peerOf(await this.open())
  }

  /** A second one on the same engine. */
  async openPeerOf({ lock }: Peer<Lock>): Promise<Peer<Lock>> {
    return this.#peerOf(await this.openAnother(lock))
  }

  /** A new lock, and somebody who looks on: in another process if the engine can be shared. */
  async openSeen(): Promise<{ peer: Peer<Lock>; onlooker: Peer<Lock>; watch: ClusterWatch }> {
    const peer = await this.openPeer()
    const onlooker = this.#hasAnother ? await this.openPeerOf(peer) : peer
    return { peer, onlooker, watch: new ClusterWatch(onlooker.cluster) }
  }

  #peerOf(lock: Lock): Peer<Lock> {
    const { cluster } = lock
    assert.ok(cluster !== undefined, 'the lock has no member "cluster"')
    // Where it matters whether that works, a case says so.
    this.cleanup.add(() => cluster.leave().catch(() => undefined))
    return { lock, cluster }
  }
}

/** Under which id a process that is there sees itself. */
export async function ownId({ cluster }: Peer): Promise<string> {
  const { processes } = await cluster.follow().next()
  const own = processes.filter(({ isSelf }) => isSelf).map(({ id }) => id)
  assert.equal(own.length, 1, `the news name ${own.length} processes as the one that reads them`)
  return own[0] ?? ''
}

/** What is noted beside a lock, and by whom; `null` when nobody holds it. */
export async function notedOn({ cluster }: Peer, sessionId: string): Promise<{ processId: string; text: string | null } | null> {
  const holding = await cluster.holding(sessionId)
  return holding === null ? null : { processId: holding.process.id, text: holding.text }
}
