import { withDeadline } from '../async/deadline.js'
import type { ClusterFollower, ClusterNews } from '../lease/lock-cluster.js'
import { Claims } from './claims.js'
import type { ClusterSetup, DrainOutcome } from './cluster-ports.js'
import { ClusterView, type ViewedHolding, type ViewedMember } from './cluster-view.js'
import { Giving } from './giving.js'
import { encodeCard } from './member-card.js'
import { type Movement, Movements } from './movements.js'
import { type PlacementMember, placementMembers, takerOf } from './placement.js'
import { Successions } from './successions.js'
import { Ticker } from './ticker.js'

/** Where a session that nobody holds is to run: in this process, in another one, nowhere for want of room, or nowhere as nobody takes any yet. */
export type Place = 'here' | 'elsewhere' | 'full' | 'none'

/** How often the others are asked for. */
const TICK_MS = 1000
/** How often while a session is on its way from one process to another. */
const BUSY_TICK_MS = 100
/** How long after the end of a lease to look who is gone. */
const AFTER_LEASE_MS = 20
/** How often everything is asked for anew, since sessions may come into the store by other ways. */
const RESYNC_MS = 10 * 60_000
/** The same beside processes that are no members: not on every engine do they tell the others what they do. */
const MIXED_RESYNC_MS = 60_000
/** How many seconds of dials are claimed ahead. */
const CLAIM_AHEAD = 2

/** This process's part in a cluster: once a second it learns what the others do, and takes, offers and gives away sessions. */
export class Cluster {
  readonly #options: ClusterSetup
  readonly #view = new ClusterView()
  readonly #movements = new Movements()
  readonly #claims: Claims
  readonly #giving: Giving
  readonly #successions: Successions
  readonly #ticker: Ticker
  readonly #joinedAt = Date.now()
  #follower: ClusterFollower
  #followsSince = -Infinity
  #announced: string | null = null
  #isTaking = false
  #isDraining = false
  #isBlind = false

  /** Asks nothing yet. */
  constructor(options: ClusterSetup) {
    const { lock, sessions, limiter, dialsPerSecond } = options
    this.#options = options
    this.#follower = lock.follow()
    this.#ticker = new Ticker({ tick: () => this.#tick(), delayMs: () => this.#delayMs() })
    this.#claims = new Claims({ sessions, limit: Math.max(1, CLAIM_AHEAD * dialsPerSecond) })
    this.#giving = new Giving({ ...options, view: this.#view, movements: this.#movements })
    this.#successions = new Successions({
      limiter,
      hasRoom: () => this.hasRoomFor(null),
      onChange: () => this.#ticker.hurry(),
      take: (sessionId) => this.#claims.take(sessionId, true),
    })
  }

  /** Begins to follow the others, if it does not yet. */
  begin(): void {
    this.#ticker.begin()
  }

  /** From now on this process takes sessions. Resolves once it knows the others; rejects when they cannot be asked for. */
  async join(): Promise<void> {
    this.#isTaking = true
    await this.#ticker.now()
  }

  /** Resolves once the others were asked for, or could not be. */
  async learn(): Promise<void> {
    if (!this.#view.knows) await this.#ticker.now().catch(() => undefined)
  }

  /** Whether a session may run here beside those that do; `null`: any one. */
  hasRoomFor(sessionId: string | null): boolean {
    return !this.#isDraining && this.#roomBeside(sessionId) > 0
  }

  /** Where a session that nobody holds is to run. */
  placeOf(sessionId: string): Place {
    if (!this.#view.members().some(({ card: { takes, draining } }) => takes && !draining)) return 'none'
    const members = this.#placement()
    this.#claims.goBy(members)
    const taker = this.#claims.takerOf(sessionId)
    if (taker === null) return 'full'
    return taker === this.#view.self?.id ? 'here' : 'elsewhere'
  }

  /** A session that was to run here turned out to be somebody else's: if nobody is known to hold it, it may be free by now. */
  consider(sessionId: string): void {
    if (this.#view.holdingOf(sessionId) === undefined) this.#claims.consider(sessionId, performance.now())
  }

  /** Whether a process lives, as far as is known. */
  isThere(processId: string): boolean {
    return this.#view.has(processId)
  }

  /** Who holds a session, as far as is known. */
  holdingOf(sessionId: string): ViewedHolding | undefined {
    return this.#view.holdingOf(sessionId)
  }

  /** Another member that has room for a session. Resolves with `null` when none has. */
  async memberWithRoom(sessionId: string): Promise<ViewedMember | null> {
    await this.#ticker.now()
    const self = this.#view.self?.id
    const taker = takerOf(
      sessionId,
      this.#placement().filter(({ id }) => id !== self),
    )
    return this.#view.members().find(({ process }) => process.id === taker) ?? null
  }

  /** The members as they are now. */
  async members(): Promise<readonly ViewedMember[]> {
    await this.#ticker.now()
    return this.#view.members()
  }

  /** What is to be noted of a session beside where it stands. */
  noteOf(sessionId: string): Movement & { readonly offeredTo: string | null } {
    return { offeredTo: this.#giving.offeredTo(sessionId), ...this.#movements.of(sessionId) }
  }

  /** Hands the sessions over that others can go on with, and takes no new ones, ever. Resolves when that is done, nobody has room, or the time is up. */
  async drain(timeoutMs: number): Promise<DrainOutcome> {
    this.#takeNoMore()
    const drained = this.#giving.drain(timeoutMs)
    this.#ticker.hurry()
    return drained
  }

  /** Leaves the cluster. Rejects when that cannot be told to the others. */
  async close(): Promise<void> {
    this.#takeNoMore()
    this.#giving.end()
    await this.#ticker.stop()
    await this.#options.lock.leave()
  }

  #takeNoMore(): void {
    this.#isDraining = true
    this.#successions.end()
  }

  #roomBeside(sessionId: string | null): number {
    const { maxSessions, sessions } = this.#options
    if (maxSessions === null) return Infinity
    const coming = sessions.startingBeside(sessionId) + this.#claims.pendingBeside(sessionId) + this.#successions.size
    return maxSessions - sessions.running().length - coming
  }

  /** The members, with what this process knows better of itself. */
  #placement(): PlacementMember[] {
    const isOpen = this.#isTaking && !this.#isDraining
    return placementMembers(this.#view.members().map(({ process: { id }, card, sessions }) => ({ id, card, sessions }))).map((member) =>
      member.id === this.#view.self?.id ? { ...member, isOpen: isOpen && this.#options.maxSessions !== 0, room: this.#roomBeside(null) } : member,
    )
  }

  #delayMs(): number {
    if (this.#giving.isBusy || this.#successions.size > 0) return BUSY_TICK_MS
    if (this.#isBlind) return TICK_MS
    return Math.min(TICK_MS, this.#view.soonestEndMs + AFTER_LEASE_MS)
  }

  async #tick(): Promise<void> {
    const { timeoutMs, sessions, onError } = this.#options
    const wasDraining = this.#isDraining
    try {
      const news = await withDeadline(this.#exchange(), timeoutMs, () => new Error(`The store did not answer within ${timeoutMs} ms.`))
      this.#takeIn(news, news.isComplete ? await sessions.list() : [])
    } catch (cause) {
      // Nobody knows what of the news was missed.
      this.#followsSince = -Infinity
      if (!this.#isBlind) onError(cause)
      this.#isBlind = true
      throw cause
    }
    sessions.retellFailed()
    if (this.#isBlind) sessions.resume()
    this.#isBlind = false
    this.#act(wasDraining)
  }

  async #exchange(): Promise<ClusterNews> {
    await this.#announce()
    return this.#askForNews()
  }

  async #announce(): Promise<void> {
    const { address, maxSessions } = this.#options
    const card = { joinedAt: this.#joinedAt, address, maxSessions, takes: this.#isTaking, draining: this.#isDraining, ready: this.#successions.ready }
    const text = encodeCard(card)
    if (text === this.#announced) return
    // When it fails, nobody knows what the others see.
    this.#announced = null
    await this.#options.lock.announce(text)
    this.#announced = text
  }

  #askForNews(): Promise<ClusterNews> {
    const now = performance.now()
    if (now - this.#followsSince > (this.#view.isMixed ? MIXED_RESYNC_MS : RESYNC_MS)) {
      this.#follower = this.#options.lock.follow()
      this.#followsSince = now
    }
    return this.#follower.next()
  }

  #takeIn(news: ClusterNews, stored: readonly string[]): void {
    const now = performance.now()
    const changes = this.#view.apply(news)
    const self = this.#view.self
    // Its lease ran out, or the store was emptied: it announces itself anew.
    if (self === undefined || self.text === null) this.#announced = null
    this.#claims.see(changes, now, (sessionId) => this.#view.isAwaited(sessionId))
    for (const sessionId of stored) if (this.#view.holdingOf(sessionId) === undefined) this.#claims.consider(sessionId, now)
    if (self !== undefined) {
      for (const change of changes.sessions) {
        this.#movements.see(change, self.id)
        this.#successions.see(change, self.id)
      }
      this.#successions.check(this.#view, self.id)
    }
    if (changes.areMembersNew) {
      this.#giving.unsettle(now)
      this.#options.onMembers(this.#view.members())
    }
    if (!changes.isFirst) this.#options.onElsewhere(changes.sessions.filter(({ before, after }) => (after ?? before)?.process.isSelf === false))
    // For as long as it is asked: others may have room later.
    if (self?.isAskedToDrain !== true) return
    this.#takeNoMore()
    this.#giving.beginDrain(Infinity)
  }

  #act(mayDrain: boolean): void {
    const self = this.#view.self
    if (self === undefined) return
    const now = performance.now()
    const members = this.#placement()
    this.#claims.goBy(members)
    if (this.#isTaking) this.#claims.step(self.id, now, () => this.hasRoomFor(null))
    this.#giving.step({ self: self.id, members, now, mayDrain, mayBalance: this.#isTaking && !this.#isDraining && this.#claims.isIdle })
  }
}
