import type { ClusterFollower, ClusterLock, ClusterNews, ClusterProcess, LockCluster, LockHolding } from '../../../src/lease/lock-cluster.js'
import { SharedLock, SharedMemory } from './shared-memory.js'

type Locks = ReadonlyMap<string, ClusterLock>

/** A memory in which processes also say something. */
export class ClusterMemory extends SharedMemory {
  readonly members: Map<string, { readonly text: string; readonly isAskedToDrain: boolean }> = new Map()
  readonly notes: Map<string, { readonly token: number; readonly text: string }> = new Map()
}

/** A lock with a cluster; its name is the id of its process, too. */
export class ClusteredLock extends SharedLock {
  readonly cluster: SharedCluster
  override readonly memory: ClusterMemory

  constructor(memory: ClusterMemory) {
    super(memory)
    this.memory = memory
    this.cluster = new SharedCluster(this)
  }

  override runOut(): void {
    super.runOut()
    this.memory.members.delete(this.name)
  }
}

/** What everything on one memory says; each of a few plain steps that a mutant can break. */
export class SharedCluster implements LockCluster {
  readonly lock: ClusteredLock

  constructor(lock: ClusteredLock) {
    this.lock = lock
  }

  async announce(text: string): Promise<void> {
    const { memory, name } = this.lock
    memory.assertUp()
    memory.members.set(name, { text, isAskedToDrain: memory.members.get(name)?.isAskedToDrain ?? false })
  }

  async leave(): Promise<void> {
    this.lock.memory.assertUp()
    this.lock.memory.members.delete(this.lock.name)
  }

  async note(sessionId: string, fencingToken: number, text: string): Promise<void> {
    this.lock.memory.assertUp()
    if (this.mayNote(sessionId, fencingToken)) this.lock.memory.notes.set(sessionId, { token: fencingToken, text })
  }

  async holding(sessionId: string): Promise<LockHolding | null> {
    this.lock.memory.assertUp()
    const id = this.lock.newest(sessionId).holder?.owner
    return id === undefined ? null : { process: this.processOf(id), text: this.noteOn(sessionId) }
  }

  follow(): ClusterFollower {
    let told: Locks | null = null
    return {
      next: async () => {
        const [before, now] = [told, this.heldLocks()]
        told = now
        return this.newsOf(before, now)
      },
    }
  }

  async askToDrain(processId: string): Promise<boolean> {
    const { memory } = this.lock
    memory.assertUp()
    const member = memory.members.get(processId)
    if (member !== undefined) memory.members.set(processId, { ...member, isAskedToDrain: true })
    return member !== undefined
  }

  mayNote(sessionId: string, fencingToken: number): boolean {
    const { token, holder } = this.lock.newest(sessionId)
    return token === fencingToken && holder?.owner === this.lock.name
  }

  noteOn(sessionId: string): string | null {
    const note = this.lock.memory.notes.get(sessionId)
    return note?.token === this.lock.newest(sessionId).token ? note.text : null
  }

  heldLocks(): Locks {
    this.lock.memory.assertUp()
    const held = [...this.lock.memory.claims].flatMap(([sessionId, { holder }]) => (holder === null ? [] : [{ sessionId, processId: holder.owner }]))
    return new Map(held.map((lock) => [lock.sessionId, { ...lock, text: this.noteOn(lock.sessionId) }]))
  }

  newsOf(before: Locks | null, now: Locks): ClusterNews {
    const given = [...(before ?? [])].filter(([id]) => !now.has(id)).map(([sessionId]) => ({ sessionId, processId: null, text: null }))
    const changed = [...now.values()].filter((lock) => JSON.stringify(lock) !== JSON.stringify(before?.get(lock.sessionId)))
    return { isComplete: before === null, processes: this.processes(), locks: [...given, ...changed] }
  }

  processes(): ClusterProcess[] {
    const holders = [...this.heldLocks().values()].map(({ processId }) => processId ?? '')
    return [...new Set([...this.lock.memory.members.keys(), ...holders])].map((id) => this.processOf(id))
  }

  processOf(id: string): ClusterProcess {
    const member = this.lock.memory.members.get(id)
    const { text = null, isAskedToDrain = false } = member ?? {}
    return { id, owner: id, text, isSelf: id === this.lock.name, isAskedToDrain, leaseLeftMs: 1000 }
  }
}
