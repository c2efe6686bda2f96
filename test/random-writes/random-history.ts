import type { SessionLease } from '../../src/lease/session-lock.js'
import { isSessionError } from '../../src/errors.js'
import type { RecordKey, SessionStore } from '../../src/store/session-store.js'
import type { SeededRandom } from '../support/seeded-random.js'
import { type Change, ExpectedSession } from './expected-session.js'
import { problemOf, tellChange } from './compare.js'
import { changesOf, PLAIN_KEYS, randomChanges, randomKeys, SESSION_IDS } from './random-records.js'
import { carryOut, mustTake, refusalOf, withToken } from './store-calls.js'
import type { StorePlace } from './store-place.js'

/** Who has the lease of a session. */
interface Holder {
  readonly store: SessionStore
  readonly lease: SessionLease
}

/** A token of a store object, and what tells when the store has found out that it lost the lease. */
interface Token {
  readonly store: SessionStore
  readonly token: number
  readonly lost: AbortSignal | null
}

interface Session {
  readonly id: string
  expected: ExpectedSession
  holder: Holder | null
  /** The newest token, when it was given back. */
  released: number | null
  /** Whether something may be left of a crash: it is until the next write or lease. */
  hasLeftovers: boolean
  /** Whether somebody dead may have the lock. */
  mayBeLocked: boolean
  /** Tokens that somebody has taken over from. */
  readonly stale: Token[]
}

/** A write or delete that is about to be made. */
interface Call {
  readonly session: Session
  /** `null` when it must be refused. */
  readonly change: Change | null
  readonly call: () => Promise<void>
}

/** Passes the time of the store's timers. */
export type Pass = (ms: number) => void

/** How often each thing happens, of all of them together. */
const WEIGHTS = {
  write: 45,
  'write from two stores': 4,
  'write what cannot be stored': 2,
  'write with a stale token': 4,
  lock: 14,
  'take over': 4,
  fold: 14,
  reopen: 4,
  abandon: 2,
  crash: 2,
  'crash while writing': 3,
} as const

type Step = keyof typeof WEIGHTS
const STEPS = (Object.entries(WEIGHTS) as [Step, number][]).flatMap(([step, weight]) => Array.from({ length: weight }, () => step))

/** Random operations on stores of one place, each beside a model of what must be there then. */
export class RandomHistory {
  /** What happened, one line a step. */
  readonly told: string[] = []
  readonly #random: SeededRandom
  readonly #pass: Pass
  readonly #keys: readonly RecordKey[]
  readonly #sessions: readonly Session[]
  #place: StorePlace
  #store!: SessionStore
  #other!: SessionStore
  /** Stores that lost their leases, but live. */
  #abandoned: SessionStore[] = []
  #marks = 0

  constructor(place: StorePlace, random: SeededRandom, pass: Pass) {
    this.#place = place
    this.#random = random
    this.#pass = pass
    this.#keys = randomKeys(random)
    const ids = [...new Set(Array.from({ length: 1 + random.below(3) }, () => random.pick(SESSION_IDS)))]
    this.#sessions = ids.map((id) => ({
      id,
      expected: new ExpectedSession(),
      holder: null,
      released: null,
      hasLeftovers: false,
      mayBeLocked: false,
      stale: [],
    }))
  }

  /** Plays steps, and checks after each. Throws when a store does not do what it must. */
  async play(steps: number): Promise<void> {
    try {
      await this.#open()
      for (let step = 0; step < steps; step += 1) {
        await this.#step(STEPS[this.#random.below(STEPS.length)] ?? 'write')
        await this.#check()
      }
      await this.#closeCleanly()
    } finally {
      await this.#closeAll().catch(() => undefined)
      this.#place.remove()
    }
  }

  async #open(): Promise<void> {
    this.#store = await this.#place.open()
    this.#other = await this.#place.open()
  }

  #step(step: Step): Promise<void> {
    const session = this.#anySession()
    switch (step) {
      case 'write':
        return this.#write()
      case 'write from two stores':
        return this.#writeFromTwo(session)
      case 'write what cannot be stored':
        return this.#writeUnstorable(session)
      case 'write with a stale token':
        return this.#writeStale(session)
      case 'lock':
        return session.holder === null ? this.#acquire(session) : this.#release(session)
      case 'take over':
        return this.#takeOver(session)
      case 'fold':
        return this.#fold()
      case 'reopen':
        return this.#reopen()
      case 'abandon':
        return this.#abandon()
      case 'crash':
        return this.#crash([])
      case 'crash while writing':
        return this.#crashWhileWriting()
    }
  }

  /** Several at once, which must be carried out in this order. */
  async #write(isClosing = false): Promise<void> {
    const calls = this.#randomCalls(isClosing)
    await Promise.all(calls.map(({ call }) => call()))
  }

  #randomCalls(isClosing = false): Call[] {
    const count = this.#random.below(2) === 0 ? 1 : 1 + this.#random.below(5)
    // Who writes without a lease is the same for all, or there would be no order.
    const store = this.#random.pick([this.#store, this.#store, this.#other])
    return Array.from({ length: count }, () => {
      const session = this.#anySession()
      const change = this.#anyChange()
      const { holder, released } = session
      // Who closes gives the lease back at any moment.
      if (holder !== null && !isClosing && this.#random.below(12) === 0)
        return { session, change: null, call: () => this.#mustRefuse(session, store, change, undefined) }
      const token = holder?.lease.fencingToken ?? (this.#random.below(3) === 0 ? (released ?? undefined) : undefined)
      const by = holder?.store ?? store
      this.#tell(`${session.id}: ${tellChange(change)} by ${this.#nameOf(by)}${token === undefined ? '' : ` with token ${token}`}`)
      this.#expect(session, change)
      return { session, change, call: () => carryOut(by, session.id, change, token) }
    })
  }

  /** Without a lease, at the same time: one does not undo what the other does to other records. */
  async #writeFromTwo(session: Session): Promise<void> {
    // Of two who take over from one that is dead, only one may write.
    if (session.holder !== null || session.mayBeLocked) return
    const calls = PLAIN_KEYS.map((keys, index) => {
      const change: Change = { kind: 'write', changes: changesOf(this.#random, keys, this.#mark()), replaceAll: false }
      this.#tell(`${session.id}: ${tellChange(change)} by store ${index + 1} of two at once`)
      this.#expect(session, change)
      const write = (): Promise<void> => carryOut(index === 0 ? this.#store : this.#other, session.id, change, undefined)
      // They may get into each other's way so often that one of them gives up.
      return write().catch((error: unknown) => {
        if (!isSessionError(error, 'STORE_UNAVAILABLE')) throw error
        return write()
      })
    })
    await Promise.all(calls)
  }

  async #writeUnstorable(session: Session): Promise<void> {
    const { unstorable } = this.#place
    if (unstorable === null) return
    this.#tell(`${session.id}: a value that cannot be stored`)
    const changes = [...randomChanges(this.#random, this.#keys, this.#mark()), { type: 'pre-key', id: '1', value: unstorable }]
    const { holder } = session
    const refusal = await refusalOf((holder?.store ?? this.#store).write(session.id, changes, withToken(holder?.lease.fencingToken)))
    if (!(refusal instanceof TypeError)) throw new Error(`what cannot be stored was not refused: ${String(refusal)}`)
  }

  async #writeStale(session: Session): Promise<void> {
    const stale = session.stale[this.#random.below(session.stale.length)]
    if (stale !== undefined) await this.#mustRefuse(session, stale.store, this.#anyChange(), stale.token)
  }

  async #mustRefuse(session: Session, store: SessionStore, change: Change, fencingToken: number | undefined): Promise<void> {
    this.#tell(`${session.id}: refused, ${tellChange(change)} by ${this.#nameOf(store)} with token ${fencingToken}`)
    const refusal = await refusalOf(carryOut(store, session.id, change, fencingToken))
    if (!isSessionError(refusal, 'STALE_WRITER'))
      throw new Error(`${session.id}: a write with token ${fencingToken} was not refused as stale: ${String(refusal)}`)
  }

  async #acquire(session: Session): Promise<void> {
    const store = this.#random.pick([this.#store, this.#store, this.#other])
    session.holder = { store, lease: await mustTake(store, session.id) }
    if (session.released !== null) session.stale.push({ store, token: session.released, lost: null })
    session.released = null
    session.hasLeftovers = false
    session.mayBeLocked = false
    this.#tell(`${session.id}: ${this.#nameOf(store)} takes the lock with token ${session.holder.lease.fencingToken}`)
  }

  async #release(session: Session): Promise<void> {
    const { holder } = session
    if (holder === null) return
    this.#tell(`${session.id}: releases`)
    await holder.lease.release()
    session.holder = null
    session.released = holder.lease.fencingToken
  }

  /** The holder looks dead, but is not. */
  async #takeOver(session: Session): Promise<void> {
    const { holder } = session
    if (holder === null) return
    await this.#place.declareDead(session.id)
    const store = holder.store === this.#store ? this.#other : this.#store
    session.stale.push({ store: holder.store, token: holder.lease.fencingToken, lost: holder.lease.lost })
    session.holder = { store, lease: await mustTake(store, session.id) }
    this.#tell(`${session.id}: ${this.#nameOf(store)} takes over with token ${session.holder.lease.fencingToken}`)
    if (this.#random.below(3) === 0) await holder.lease.release()
  }

  /** Lets the store's timer strike; what it does goes on during the next steps. */
  async #fold(): Promise<void> {
    const turns = this.#random.below(3) * this.#random.below(20)
    this.#tell(`a second passes, and ${turns} turns`)
    this.#pass(1000 + this.#random.below(2) * 5000)
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }

  async #reopen(): Promise<void> {
    this.#tell('closes and opens')
    await this.#closeCleanly()
    await this.#open()
  }

  async #closeCleanly(): Promise<void> {
    const closing = this.#random.below(2) === 0 ? this.#write(true) : Promise.resolve()
    await Promise.all([closing, this.#closeAll()])
    for (const session of this.#sessions) {
      if (session.holder !== null) session.released = session.holder.lease.fencingToken
      session.holder = null
      session.stale.length = 0
    }
    const problems = this.#place.problems(new Map(this.#sessions.filter(({ hasLeftovers }) => !hasLeftovers).map(({ id, expected }) => [id, expected])))
    if (problems.length > 0) throw new Error(`after a clean close:\n  ${problems.join('\n  ')}`)
  }

  async #closeAll(): Promise<void> {
    const stores = [this.#store, this.#other, ...this.#abandoned]
    this.#abandoned = []
    await Promise.all(stores.map((store) => store.close()))
  }

  /** All processes hang: others go on without them. */
  async #abandon(): Promise<void> {
    this.#tell('the processes hang')
    for (const session of this.#sessions) {
      if (session.holder !== null) await this.#place.declareDead(session.id)
      session.holder = null
      session.released = null
      session.hasLeftovers = true
      session.mayBeLocked = true
      session.stale.length = 0
    }
    this.#abandoned.push(this.#store, this.#other)
    await this.#open()
  }

  async #crashWhileWriting(): Promise<void> {
    const before = new Map(this.#sessions.map((session) => [session, session.expected]))
    const calls = this.#randomCalls()
    const under = calls.map(({ call }) => call().catch(() => undefined))
    for (let turns = this.#random.below(40); turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve))
    await this.#crash([...before], calls, under)
  }

  /** Everything goes on in a copy. What was under way is there up to some write, or not at all. */
  async #crash(before: [Session, ExpectedSession][], calls: readonly Call[] = [], under: Promise<unknown>[] = []): Promise<void> {
    this.#tell('crashes')
    const old = this.#place
    const copy = old.copyAside()
    await Promise.all(under)
    await this.#closeAll()
    old.remove()
    this.#place = copy
    for (const session of this.#sessions) {
      await copy.declareDead(session.id)
      session.holder = null
      session.released = null
      session.hasLeftovers = true
      session.mayBeLocked = !copy.folds
      session.stale.length = 0
    }
    await this.#open()
    for (const [session, expected] of before)
      await this.#settle(session, [
        expected,
        ...statesAfter(
          expected,
          calls.flatMap(({ session: of, change }) => (of === session && change !== null ? [change] : [])),
        ),
      ])
  }

  async #settle(session: Session, states: ExpectedSession[]): Promise<void> {
    const problems: (string | null)[] = []
    for (const state of states) {
      session.expected = state
      const problem = await problemOf(session, this.#keys, this.#other)
      // A write that did not come through may have made the folder.
      state.wasWritten = states.some(({ wasWritten }) => wasWritten)
      if (problem === null) return
      problems.push(problem)
    }
    throw new Error(`after a crash neither of ${states.length} states:\n  ${problems.join('\n  ')}`)
  }

  async #check(): Promise<void> {
    const stranger = this.#random.below(4) === 0 ? await this.#place.open() : this.#other
    for (const store of new Set([this.#store, stranger])) {
      for (const session of this.#sessions) {
        // Who has lost a lease without knowing answers by what it knows, until its next write.
        if (session.stale.some(({ store: loser, lost }) => loser === store && lost?.aborted === false)) continue
        const problem = await problemOf(session, this.#keys, store)
        if (problem !== null) throw new Error(`${session.id} ${problem}, says ${this.#nameOf(store)}`)
      }
      const listed: string[] = []
      for await (const id of store.list()) listed.push(id)
      if (new Set(listed).size !== listed.length) throw new Error(`an id is listed twice: ${listed.join()}`)
      for (const { id, expected } of this.#sessions) {
        if (!expected.isEmpty && !listed.includes(id)) throw new Error(`${id} is not listed`)
        if (!expected.wasWritten && listed.includes(id)) throw new Error(`${id} is listed`)
      }
    }
    if (stranger !== this.#other) await stranger.close()
  }

  #expect(session: Session, change: Change): void {
    session.expected = session.expected.after(change)
    session.hasLeftovers = false
    if (change.kind === 'delete' || change.changes.length > 0) session.mayBeLocked = false
  }

  #anySession(): Session {
    const session = this.#sessions[this.#random.below(this.#sessions.length)]
    if (session === undefined) throw new Error('There is no session.')
    return session
  }

  #anyChange(): Change {
    const mark = this.#mark()
    if (this.#random.below(12) === 0) return { kind: 'delete' }
    return { kind: 'write', changes: randomChanges(this.#random, this.#keys, mark), replaceAll: this.#random.below(10) === 0 }
  }

  #mark(): string {
    this.#marks += 1
    return `#${this.#marks}`
  }

  #nameOf(store: SessionStore): string {
    if (store === this.#store) return 'store 1'
    return store === this.#other ? 'store 2' : 'another store'
  }

  #tell(line: string): void {
    this.told.push(line)
  }
}

/** Every state on the way through writes of one session. */
function statesAfter(expected: ExpectedSession, changes: readonly Change[]): ExpectedSession[] {
  let state = expected
  return changes.map((change) => (state = state.after(change)))
}
