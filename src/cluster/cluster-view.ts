import type { ClusterLock, ClusterNews, ClusterProcess } from '../lease/lock-cluster.js'
import { type MemberCard, parseCard } from './member-card.js'
import { parseStanding, type Standing } from './standing.js'

/** A process of the cluster, and how many sessions it holds. */
export interface ViewedMember {
  readonly process: ClusterProcess
  readonly card: MemberCard
  readonly sessions: number
}

/** Who holds a session, and where it stands there. */
export interface ViewedHolding {
  readonly process: ClusterProcess
  /** Where that process can be reached. */
  readonly address: string | null
  readonly standing: Standing | null
}

/** A session whose holder or standing changed. */
export interface ViewedChange {
  readonly sessionId: string
  readonly before: ViewedHolding | null
  readonly after: ViewedHolding | null
}

/** What news changed. */
export interface ViewChanges {
  /** Whether this is all that there is: then nothing of it is news, unless something was known before. */
  readonly isFirst: boolean
  readonly sessions: readonly ViewedChange[]
  /** Whether a member came or went, or says something else of itself. */
  readonly areMembersNew: boolean
}

/** A card, and the text that it was read from. */
interface ReadCard {
  readonly text: string | null
  readonly card: MemberCard | null
}

/** What this process knows of the others: who is there, and who holds which session. It learns by news alone. */
export class ClusterView {
  #processes: ReadonlyMap<string, ClusterProcess> = new Map()
  /** What each process says of itself, and how it was told: it is read once, however often it is told. */
  #cards: ReadonlyMap<string, ReadCard> = new Map()
  /** Held by a process that was there when it was told. */
  readonly #held = new Map<string, ViewedHolding>()
  readonly #counts = new Map<string, number>()
  #knows = false

  /** Whether there were any news yet. */
  get knows(): boolean {
    return this.#knows
  }

  /** The members, each with what it says of itself. A process that holds locks and has not announced itself is none. */
  members(): ViewedMember[] {
    return [...this.#processes.values()].flatMap((process) => {
      const card = this.#cardOf(process)
      return card === null ? [] : [{ process, card, sessions: this.#counts.get(process.id) ?? 0 }]
    })
  }

  /** This process; `undefined` until it has announced itself and was told so. */
  get self(): ClusterProcess | undefined {
    return [...this.#processes.values()].find(({ isSelf }) => isSelf)
  }

  /** Whether a process lives. */
  has(processId: string): boolean {
    return this.#processes.has(processId)
  }

  /** Who holds a session; `undefined` when nobody does. */
  holdingOf(sessionId: string): ViewedHolding | undefined {
    return this.#held.get(sessionId)
  }

  /** Whether a member has a place for a session that it was offered. */
  isAwaited(sessionId: string): boolean {
    return [...this.#cards.values()].some(({ card }) => card?.ready.includes(sessionId) === true)
  }

  /** When the first lease of another process ends unless it is renewed, in milliseconds; `Infinity` where none ends by time. */
  get soonestEndMs(): number {
    return Math.min(...[...this.#processes.values()].map(({ isSelf, leaseLeftMs }) => (isSelf ? Infinity : (leaseLeftMs ?? Infinity))))
  }

  /** Whether there are processes that are no members. */
  get isMixed(): boolean {
    return [...this.#processes.values()].some(({ text }) => text === null)
  }

  /** How many sessions are held, by anybody. */
  get size(): number {
    return this.#held.size
  }

  /** Takes news in. */
  apply(news: ClusterNews): ViewChanges {
    const [before, cardsBefore] = [this.#processes, this.#cards]
    this.#processes = new Map(news.processes.map((process) => [process.id, process]))
    this.#cards = new Map(news.processes.map(({ id, text }) => [id, readCard(text, cardsBefore.get(id))]))
    const isFirst = !this.#knows
    this.#knows = true
    const gone = [...before.keys()].some((id) => !this.#processes.has(id))
    const orphans = gone ? [...this.#held].filter(([, { process }]) => !this.#processes.has(process.id)).map(([sessionId]) => freed(sessionId)) : []
    const missing = news.isComplete ? this.#notAmong(news.locks) : []
    const sessions = [...orphans, ...missing, ...news.locks].flatMap((lock) => this.#take(lock))
    return { isFirst, sessions, areMembersNew: !areSameMembers(cardsBefore, this.#cards) }
  }

  #cardOf({ id }: ClusterProcess): MemberCard | null {
    return this.#cards.get(id)?.card ?? null
  }

  #notAmong(locks: readonly ClusterLock[]): ClusterLock[] {
    const told = new Set(locks.map(({ sessionId }) => sessionId))
    return [...this.#held.keys()].filter((sessionId) => !told.has(sessionId)).map(freed)
  }

  #take({ sessionId, processId, text }: ClusterLock): ViewedChange[] {
    const before = this.#held.get(sessionId) ?? null
    const process = processId === null ? undefined : this.#processes.get(processId)
    const address = process === undefined ? null : (this.#cardOf(process)?.address ?? null)
    const after = process === undefined ? null : { process, address, standing: text === null ? null : parseStanding(text) }
    if (before === null && after === null) return []
    if (before !== null) this.#count(before.process.id, -1)
    if (after === null) this.#held.delete(sessionId)
    else {
      this.#held.set(sessionId, after)
      this.#count(after.process.id, 1)
    }
    return [{ sessionId, before, after }]
  }

  #count(processId: string, change: number): void {
    const count = (this.#counts.get(processId) ?? 0) + change
    if (count > 0) this.#counts.set(processId, count)
    else this.#counts.delete(processId)
  }
}

function freed(sessionId: string): ClusterLock {
  return { sessionId, processId: null, text: null }
}

function readCard(text: string | null, before: ReadCard | undefined): ReadCard {
  return before?.text === text ? before : { text, card: text === null ? null : parseCard(text) }
}

/** Whether nothing of the members is news; a lease that was renewed, or a session that is on its way, is none. */
function areSameMembers(before: ReadonlyMap<string, ReadCard>, after: ReadonlyMap<string, ReadCard>): boolean {
  const isUntouched = before.size === after.size && [...after].every(([id, read]) => before.get(id) === read)
  return isUntouched || describeMembers(before) === describeMembers(after)
}

function describeMembers(cards: ReadonlyMap<string, ReadCard>): string {
  const lines = [...cards].flatMap(([id, { card }]) => (card === null ? [] : [JSON.stringify([id, card.address, card.maxSessions, card.takes, card.draining])]))
  return lines.sort().join('\n')
}
