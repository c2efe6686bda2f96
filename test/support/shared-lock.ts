import { SessionError } from '../../src/errors.js'
import type { ClusterFollower, ClusterLock, ClusterNews, ClusterProcess, LockCluster } from '../../src/lease/lock-cluster.js'
import type { SessionLease, SessionLock } from '../../src/lease/session-lock.js'

/** A lock of a process that can also tell the others something. */
export interface MemberLock extends SessionLock {
  readonly cluster: LockCluster
}

interface Claim {
  readonly owner: string
  readonly token: number
  readonly lost: AbortController
  note: string | null
}

/** A lock of several processes, each with a name, whose leases can be lost. */
export class SharedLock {
  /** What was asked of the clusters, oldest first. */
  readonly asked: string[] = []
  /** Waited for before a cluster answers: what it throws fails the call, what never settles hangs it. */
  before: (question: string) => Promise<void> | void = () => undefined
  /** Waited for once the answer is made: until then it is on its way. */
  after: (question: string) => Promise<void> | undefined = () => undefined
  readonly #newest = new Map<string, Claim | null>()
  readonly #cards = new Map<string, string>()
  readonly #drains = new Set<string>()
  readonly #dead = new Set<string>()
  /** Which session changed, oldest first. */
  readonly #changes: string[] = []
  #tokens = 0

  /** As a process sees it that has nothing to tell the others. */
  as(owner: string): SessionLock {
    return {
      acquire: async (sessionId) => (this.#holderOf(sessionId) === null ? this.#grant(sessionId, owner) : null),
      owner: async (sessionId) => this.#holderOf(sessionId)?.owner ?? null,
    }
  }

  /** As a member of a cluster sees it. */
  asMember(owner: string): MemberLock {
    const cluster: LockCluster = {
      announce: (text) =>
        this.#ask('announce', () => {
          if (!this.#dead.has(owner)) this.#cards.set(owner, text)
        }),
      leave: () =>
        this.#ask('leave', () => {
          this.#cards.delete(owner)
          this.#drains.delete(owner)
        }),
      note: (sessionId, fencingToken, text) =>
        this.#ask(`note ${sessionId}`, () => {
          const claim = this.#newest.get(sessionId)
          if (claim?.owner !== owner || claim.token !== fencingToken) return
          claim.note = text
          this.#changes.push(sessionId)
        }),
      holding: (sessionId) =>
        this.#ask(`holding ${sessionId}`, () => {
          const claim = this.#holderOf(sessionId)
          return claim === null ? null : { process: this.#describe(claim.owner, owner), text: claim.note }
        }),
      follow: () => this.#follow(owner),
      askToDrain: (processId) =>
        this.#ask('ask to drain', () => {
          if (this.#cards.has(processId)) this.#drains.add(processId)
          return this.#cards.has(processId)
        }),
    }
    return { ...this.as(owner), cluster }
  }

  /** The process is gone, and its leases have run out: nobody hears of it any more. */
  die(owner: string): void {
    this.#dead.add(owner)
    this.#cards.delete(owner)
  }

  /** The process died, or was cut off: its leases are gone. */
  lose(sessionId: string): void {
    this.#free(sessionId)?.lost.abort()
  }

  /** The backend was not told in time that the process lives. */
  expire(sessionId: string): void {
    this.#free(sessionId)?.lost.abort(new SessionError('LEASE_EXPIRED', 'Its time ran out.', { sessionId }))
  }

  /** Some other process takes it. */
  grab(sessionId: string, owner: string): SessionLease {
    return this.#grant(sessionId, owner)
  }

  #holderOf(sessionId: string): Claim | null {
    const claim = this.#newest.get(sessionId) ?? null
    return claim === null || this.#dead.has(claim.owner) ? null : claim
  }

  #grant(sessionId: string, owner: string): SessionLease {
    const claim: Claim = { owner, token: ++this.#tokens, lost: new AbortController(), note: null }
    this.#newest.set(sessionId, claim)
    this.#changes.push(sessionId)
    return {
      owner,
      fencingToken: claim.token,
      lost: claim.lost.signal,
      release: async () => {
        if (this.#newest.get(sessionId) === claim) this.#free(sessionId)
      },
    }
  }

  #free(sessionId: string): Claim | null {
    const claim = this.#newest.get(sessionId) ?? null
    this.#newest.set(sessionId, null)
    this.#changes.push(sessionId)
    return claim
  }

  #follow(self: string): ClusterFollower {
    let seen: number | null = null
    return {
      next: () =>
        this.#ask('next', (): ClusterNews => {
          const changed = seen === null ? [...this.#newest.keys()] : this.#changes.slice(seen)
          const locks = [...new Set(changed)].map((sessionId) => this.#tell(sessionId))
          const isComplete = seen === null
          seen = this.#changes.length
          const holders = [...this.#newest.keys()].flatMap((sessionId) => this.#holderOf(sessionId)?.owner ?? [])
          const processes = [...new Set([...this.#cards.keys(), ...holders])].map((owner) => this.#describe(owner, self))
          return { isComplete, processes, locks: isComplete ? locks.filter(({ processId }) => processId !== null) : locks }
        }),
    }
  }

  #tell(sessionId: string): ClusterLock {
    const claim = this.#newest.get(sessionId) ?? null
    return { sessionId, processId: claim?.owner ?? null, text: claim?.note ?? null }
  }

  #describe(owner: string, self: string): ClusterProcess {
    const text = this.#cards.get(owner) ?? null
    return { id: owner, owner, text, isSelf: owner === self, isAskedToDrain: this.#drains.has(owner), leaseLeftMs: null }
  }

  async #ask<Answer>(question: string, answer: () => Answer): Promise<Answer> {
    this.asked.push(question)
    await this.before(question)
    const answered = answer()
    const delay = this.after(question)
    if (delay !== undefined) await delay
    return answered
  }
}
