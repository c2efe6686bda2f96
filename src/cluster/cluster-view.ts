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

/** What this process knows of the others: who is there, and who holds which session. It learns by news alone. */
export class ClusterView {
  #processes: ReadonlyMap<string, ClusterProcess> = new Map()
  /** Held by a process that was there when it was told. */
  readonly #held = new Map<string, ViewedHolding>()
  readonly #counts = new Map<string, number>()
  #knows = false

  /** The members, each with what it says of itself. A process that holds locks and has not announced itself is none. */
  members(): ViewedMember[] {
    return [...this.#processes.values()].flatMap((process) => {
      const card = process.text === null ? null : parseCard(process.text)
      return card === null ? [] : [{ process, card, sessions: this.#counts.get(process.id) ?? 0 }]
    })
  }

  /** This process; `undefined` until it has announced itself and was told so. */
  get self(): ClusterProcess | undefined {
    return [...this.#processes.values()].find(({ isSelf }) => isSelf)
  }

  /** Who holds a session; `undefined` when nobody does. */
  holdingOf(sessionId: string): ViewedHolding | undefined {
    return this.#held.get(sessionId)
  }

  /** When the first lease of another process ends unless it is renewed, in milliseconds; `Infinity` where none ends by time. */
  get soonestEndMs(): number {
    return Math.min(...[...this.#processes.values()].map(({ isSelf, leaseLeftMs }) => (isSelf ? Infinity : (leaseLeftMs ?? Infinity))))
  }

  /** How many sessions are held, by anybody. */
  get size(): number {
    return this.#held.size
  }

  /** Takes news in. */
  apply(news: ClusterNews): ViewChanges {
    const before = this.#processes
    this.#processes = new Map(news.processes.map((process) => [process.id, process]))
    const isFirst = !this.#knows
    this.#knows = true
    const gone = [...before.keys()].some((id) => !this.#processes.has(id))
    const orphans = gone ? [...this.#held].filter(([, { process }]) => !this.#processes.has(process.id)).map(([sessionId]) => freed(sessionId)) : []
    const missing = news.isComplete ? this.#notAmong(news.locks) : []
    const sessions = [...orphans, ...missing, ...news.locks].flatMap((lock) => this.#take(lock))
    return { isFirst, sessions, areMembersNew: describeMembers(before) !== describeMembers(this.#processes) }
  }

  #notAmong(locks: readonly ClusterLock[]): ClusterLock[] {
    const told = new Set(locks.map(({ sessionId }) => sessionId))
    return [...this.#held.keys()].filter((sessionId) => !told.has(sessionId)).map(freed)
  }

  #take({ sessionId, processId, text }: ClusterLock): ViewedChange[] {
    const before = this.#held.get(sessionId) ?? null
    const process = processId === null ? undefined : this.#processes.get(processId)
    const address = process === undefined ? null : addressOf(process)
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

function addressOf({ text }: ClusterProcess): string | null {
  return text === null ? null : (parseCard(text)?.address ?? null)
}

function freed(sessionId: string): ClusterLock {
  return { sessionId, processId: null, text: null }
}

/** What has to change for a member to be news; a lease that was renewed, or a session that is on its way, is none. */
function describeMembers(processes: ReadonlyMap<string, ClusterProcess>): string {
  const lines = [...processes.values()].flatMap(({ id, text }) => {
    const card = text === null ? null : parseCard(text)
    return card === null ? [] : [JSON.stringify([id, card.address, card.maxSessions, card.takes, card.draining])]
  })
  return lines.sort().join('\n')
}
