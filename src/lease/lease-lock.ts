import { randomBytes } from 'node:crypto'
import { isSessionError, SessionError } from '../errors.js'
import { FreeWatch } from './free-watch.js'
import { Heartbeat } from './heartbeat.js'
import { describeHolder, type Holder, judgeCopied, judgeHolder, type Judgement, judgeSilent, ownerName, parseHolder } from './holder.js'
import { LeaseCluster } from './lease-cluster.js'
import { blind, forgotten, ranOut, takenBySomebody } from './lease-losses.js'
import type { HolderSign, LeaseKey, LockEntry, LockTable } from './lock-table.js'
import { assertCurrentWriter, type SessionLease, type SessionLock, type WriterClaim } from './session-lock.js'

/** How a {@link LeaseLock} works. */
export interface LeaseLockOptions<Entry extends LockEntry> {
  /** Where the locks are. */
  table: LockTable<Entry>
  /** After how long without a sign of life a holder counts as dead that cannot be seen from here; a minute when not given. */
  staleAfterMs?: number
  /** How often a process that holds leases shows that it lives, a sixth of `staleAfterMs` when not given; `null` for never. */
  beatIntervalMs?: number | null
  /** For an engine that ends leases by itself: after how long without a beat that came through this process gives them up first. */
  lapsesAfterMs?: number
  /** Called with a token that was taken, before its lease is handed out; when it rejects, the token is given back. */
  onAcquired?: (sessionId: string, token: number) => Promise<void>
  /** Called before a lease is given back. It is given back whatever comes of this, and then told of a failure. */
  onReleasing?: (sessionId: string, token: number) => Promise<void>
  /** Called when a lease ends: it is about to be given back, or was lost. */
  onEnded?: (sessionId: string) => void
  /** Describes this process to others. */
  describe?: (owner: string, nonce: string) => Promise<Holder>
}

/** A lease that was handed out and has not ended. */
interface HeldLease extends LeaseKey {
  readonly owner: string
  /** Aborts what its holder sees as `lost`. */
  readonly lost: AbortController
}

const STALE_AFTER_MS = 60_000
/** How many beats fit into the time after which a holder counts as dead. */
const BEATS = 6
/** How often to try when others take the lock and give it back in between. */
const CLAIMS = 10

/**
 * The lock of any engine that has a {@link LockTable}. A holder that can be seen from here is replaced only when its process or its
 * thread is gone; one that cannot, in another container or on another machine, when it was not heard of for `staleAfterMs`.
 */
export class LeaseLock<Entry extends LockEntry = LockEntry> implements SessionLock {
  readonly #options: LeaseLockOptions<Entry>
  readonly #table: LockTable<Entry>
  readonly #staleAfterMs: number
  readonly #heartbeat: Heartbeat
  readonly #held = new Map<string, HeldLease>()
  /** Those of the leases held that nobody got, and that could not be given back yet. */
  readonly #unclaimed = new WeakSet<HeldLease>()
  /** How often each lock is being taken right now. */
  readonly #taking = new Map<string, number>()
  readonly #watch: FreeWatch | null
  /** Only where the table tells who lives: there it costs one call a second, whatever the number of sessions. */
  readonly whenFree?: NonNullable<SessionLock['whenFree']>
  /** Only where the table keeps what the processes of a cluster say. */
  readonly cluster?: LeaseCluster
  /** Under which name leases are held: another one after the engine has ended those under the last. */
  #self: Promise<Holder> | undefined
  /** Every such name so far. What the engine still shows under one before the last is free. */
  readonly #names = new Set<string>()
  #isClosed = false
  #closing: Promise<void> | undefined

  /** Asks the table nothing yet. */
  constructor(options: LeaseLockOptions<Entry>) {
    const { table, staleAfterMs = STALE_AFTER_MS, beatIntervalMs = staleAfterMs / BEATS, lapsesAfterMs } = options
    this.#options = options
    this.#table = table
    this.#staleAfterMs = staleAfterMs
    this.#heartbeat = new Heartbeat({
      intervalMs: beatIntervalMs,
      staleAfterMs,
      lapsesAfterMs,
      beat: async () => table.beat(await this.#describe(), [...this.#held.values()]),
      onLate: () => this.#lookAtHeld(),
      onLapsed: () => this.#lapse(),
    })
    this.#watch =
      table.living === undefined ? null : new FreeWatch({ living: async () => (await table.living?.()) ?? [], look: (id) => this.#lookForWatch(id) })
    const watch = this.#watch
    if (watch !== null) this.whenFree = (sessionId, onFree) => watch.add(sessionId, onFree)
    if (table.cluster !== undefined) this.cluster = this.#makeCluster(table.cluster)
  }

  async acquire(sessionId: string): Promise<SessionLease | null> {
    this.assertOpen(sessionId)
    const lease = await this.acquireToFinish(sessionId)
    // Nobody would ever give it back.
    if (lease !== null && this.#isClosed) await lease.release().catch(() => undefined)
    this.assertOpen(sessionId)
    return lease
  }

  /** As {@link acquire}, also while it closes: for work that was begun before, which `close` waits for. */
  async acquireToFinish(sessionId: string): Promise<SessionLease | null> {
    const held = this.#held.get(sessionId)
    if (held !== undefined && this.#unclaimed.has(held)) await this.#release(held)
    for (let claims = 0; claims < CLAIMS; claims++) {
      const seen = await this.#look(sessionId)
      if ((await this.#holderOf(sessionId, seen)) !== null) return null
      const lease = await this.#take(sessionId, seen)
      if (lease !== null) return lease
    }
    return null
  }

  async owner(sessionId: string): Promise<string | null> {
    this.assertOpen(sessionId)
    return this.#holderOf(sessionId, await this.#look(sessionId))
  }

  /** The name of the first holder that lives; `null` when none does, so that the lock is free. */
  async ownerOf({ holders }: LockEntry): Promise<string | null> {
    for (const sign of holders) {
      const holder = parseHolder(sign.text)
      if (await this.#lives(holder, sign)) return holder?.owner ?? 'a process that did not give its name'
    }
    return null
  }

  /**
   * Rejects with `STALE_WRITER` unless this writer may write; see `ProcessLock.check`. For an engine that cannot check a token in the step
   * in which it writes. `newest` asks it for no more than that takes.
   */
  async check(sessionId: string, fencingToken: number | undefined, newest: () => Promise<Pick<WriterClaim, 'newestToken' | 'isHeld'>>): Promise<void> {
    const held = this.#held.get(sessionId)
    const { newestToken, isHeld } = await newest()
    this.#compare(held, newestToken)
    // Only one without a token has to know whether the holder lives.
    const isLocked = fencingToken === undefined && isHeld && (await this.ownerOf(await this.#look(sessionId))) !== null
    assertCurrentWriter({ sessionId, fencingToken, newestToken, isHeld: isLocked })
  }

  /** To be told of the newest token of a session by whoever sees it, at once: a lease that is held here under an older one is lost. */
  sawNewest(sessionId: string, newestToken: number): void {
    this.#compare(this.#held.get(sessionId), newestToken)
  }

  /** Whether the lease of a token was handed out here, and has not ended. */
  holds(sessionId: string, token: number): boolean {
    return this.#held.get(sessionId)?.token === token
  }

  /** Throws `STORE_UNAVAILABLE` when it was told to close; a store that has this lock was then, too. */
  assertOpen(sessionId?: string): void {
    if (this.#isClosed) throw new SessionError('STORE_UNAVAILABLE', 'The store is closed. Create a new one.', { sessionId })
  }

  /** Refuses calls from now on, waits for what is under way, and gives back all leases. When that fails, the next call tries again. */
  close(settled: () => Promise<void> = async () => undefined): Promise<void> {
    this.#isClosed = true
    this.#watch?.close()
    this.#closing ??= this.#giveAllBack(settled).catch((error: unknown) => {
      this.#closing = undefined
      throw error
    })
    return this.#closing
  }

  #makeCluster(table: NonNullable<LockTable['cluster']>): LeaseCluster {
    return new LeaseCluster({
      table,
      heartbeat: this.#heartbeat,
      self: () => this.#describe(),
      lives: (sign) => this.#lives(parseHolder(sign.text), sign),
      leaseOf: (sessionId) => this.#held.get(sessionId),
      assertOpen: () => this.assertOpen(),
    })
  }

  async #giveAllBack(settled: () => Promise<void>): Promise<void> {
    await settled()
    const released = await Promise.allSettled([...[...this.#held.values()].map((lease) => this.#release(lease)), this.cluster?.leave()])
    for (const result of released) if (result.status === 'rejected') throw result.reason
  }

  async #look(sessionId: string): Promise<Entry> {
    // A lease that is taken meanwhile would be compared with what was before it.
    const held = this.#held.get(sessionId)
    const seen = await this.#table.look(sessionId)
    this.#compare(held, seen.token)
    return seen
  }

  async #lookForWatch(sessionId: string): Promise<{ isFree: boolean; nonces: string[] }> {
    const seen = await this.#look(sessionId)
    const isFree = (await this.#holderOf(sessionId, seen)) === null
    return { isFree, nonces: seen.holders.flatMap(({ text }) => parseHolder(text)?.nonce ?? []) }
  }

  /** Who holds a lock. What an engine that failed did not take back of a claim of this lock, or never answered, is in nobody's way. */
  async #holderOf(sessionId: string, seen: Entry): Promise<string | null> {
    const { nonce } = await this.#describe()
    const isOurs = this.#held.has(sessionId) || this.#taking.has(sessionId)
    return this.ownerOf(isOurs ? seen : { ...seen, holders: seen.holders.filter(({ text }) => parseHolder(text)?.nonce !== nonce) })
  }

  async #take(sessionId: string, seen: Entry): Promise<SessionLease | null> {
    this.#taking.set(sessionId, (this.#taking.get(sessionId) ?? 0) + 1)
    try {
      const lease = await this.#claim(sessionId, seen)
      return lease === null ? null : await this.#handOut(lease)
    } finally {
      const others = (this.#taking.get(sessionId) ?? 0) - 1
      if (others > 0) this.#taking.set(sessionId, others)
      else this.#taking.delete(sessionId)
    }
  }

  async #claim(sessionId: string, seen: Entry): Promise<HeldLease | null> {
    const claim = {}
    const self = this.#describe()
    const holder = await self
    const { nonce, owner } = holder
    await this.#heartbeat.hold(claim)
    try {
      const token = await this.#table.claim(sessionId, seen, holder)
      if (token === null) return null
      const lease = { sessionId, token, nonce, owner, lost: new AbortController() }
      // The engine has ended all that was held under this name meanwhile.
      if (this.#self !== self) return null
      this.#held.set(sessionId, lease)
      await this.#heartbeat.hold(lease)
      return lease
    } catch (error) {
      if (!isSessionError(error, 'LEASE_EXPIRED')) throw error
      if (this.#self === self) this.#heartbeat.lapse()
      return null
    } finally {
      this.#heartbeat.drop(claim)
    }
  }

  async #handOut(lease: HeldLease): Promise<SessionLease> {
    const { sessionId, token, owner, lost } = lease
    try {
      await this.#options.onAcquired?.(sessionId, token)
    } catch (error) {
      // Nobody would ever give it back. When that fails, too, whoever asks next tries again.
      this.#unclaimed.add(lease)
      await this.#release(lease).catch(() => undefined)
      throw error
    }
    let releasing: Promise<void> | undefined
    const release = (): Promise<void> => {
      releasing ??= this.#release(lease).catch((error: unknown) => {
        releasing = undefined
        throw error
      })
      return releasing
    }
    return { owner, fencingToken: token, lost: lost.signal, release }
  }

  async #release(lease: HeldLease): Promise<void> {
    const { sessionId, token } = lease
    const isHeld = (): boolean => this.#held.get(sessionId) === lease
    if (!isHeld()) return
    const releasing = this.#options.onReleasing?.(sessionId, token) ?? Promise.resolve()
    const left = await releasing.then(
      () => null,
      (reason: unknown) => ({ reason }),
    )
    if (isHeld()) await this.#giveBack(lease, isHeld)
    if (left !== null) throw left.reason
  }

  async #giveBack(lease: HeldLease, isHeld: () => boolean): Promise<void> {
    this.#options.onEnded?.(lease.sessionId)
    try {
      await this.#heartbeat.part(lease, (isLast) => this.#table.release(lease, { isLast }))
    } finally {
      // It may have been lost meanwhile.
      if (!isHeld()) this.#heartbeat.drop(lease)
    }
    if (isHeld()) this.#end(lease)
  }

  /** Compares the newest token with a lease that was held before that was looked up. */
  #compare(lease: HeldLease | undefined, newestToken: number): void {
    if (lease === undefined || lease.token === newestToken || this.#held.get(lease.sessionId) !== lease) return
    const { sessionId, token } = lease
    this.#lose(lease, newestToken > token ? takenBySomebody(sessionId, token, newestToken) : forgotten(sessionId))
  }

  /** The engine has ended all leases, or will at any time. What it may do with them later is not to meet those that are taken from now on. */
  #lapse(): void {
    this.#self = undefined
    for (const lease of [...this.#held.values()]) this.#lose(lease, ranOut(lease.sessionId))
  }

  #lose(lease: HeldLease, reason: SessionError): void {
    this.#end(lease)
    // Not here: what listens would run inside of a transaction of whoever has seen the loss.
    queueMicrotask(() => lease.lost.abort(reason))
  }

  #end(lease: HeldLease): void {
    this.#held.delete(lease.sessionId)
    this.#heartbeat.drop(lease)
    this.#options.onEnded?.(lease.sessionId)
  }

  async #lookAtHeld(): Promise<void> {
    // One that cannot be looked at is looked at with the next write, and says nothing of the others.
    for (const { sessionId } of [...this.#held.values()]) await this.#look(sessionId).catch(() => undefined)
  }

  async #lives(holder: Holder | null, { lastSignAt, isOfCopy = false }: HolderSign): Promise<boolean> {
    if (holder !== null && this.#names.has(holder.nonce) && holder.nonce !== (await this.#describe()).nonce) return false
    const judgement = await this.#judge(holder, isOfCopy ? judgeCopied : judgeHolder)
    if (judgement !== 'unknown') return judgement === 'alive'
    // A sign from the future is of a clock that was set back: no better than an old one.
    if (Math.abs((await this.#table.now()) - lastSignAt) <= this.#staleAfterMs) return true
    return (await this.#judge(holder, judgeSilent)) === 'alive'
  }

  async #judge(holder: Holder | null, judge: (holder: Holder, self: Holder) => Promise<Judgement>): Promise<Judgement> {
    if (holder === null) return 'unknown'
    const self = await this.#describe()
    return judge(holder, self).catch((error: unknown) => {
      throw blind('who holds the lock', error)
    })
  }

  #describe(): Promise<Holder> {
    this.#self ??= this.#introduce().catch((error: unknown) => {
      this.#self = undefined
      throw blind('who it is', error)
    })
    return this.#self
  }

  #introduce(): Promise<Holder> {
    const { describe = describeHolder } = this.#options
    const nonce = randomBytes(16).toString('hex')
    this.#names.add(nonce)
    return describe(ownerName(nonce), nonce)
  }
}
