import { type MemberCard, parseCard } from '../../cluster/member-card.js'
import { parseStanding, type Standing } from '../../cluster/standing.js'
import type { ClusterLock, ClusterNews, ClusterProcess, LockCluster } from '../../lease/lock-cluster.js'
import { findOwner, type SessionLock } from '../../lease/session-lock.js'

/** A process that uses the store. */
export interface FleetProcess {
  /** Names it for as long as its lease lasts. */
  readonly id: string
  /** Its name for people. */
  readonly owner: string
  /** What it says of itself; `null` when it is not in the cluster, so that it only holds sessions. */
  readonly card: MemberCard | null
  /** Whether it hands its sessions over, or was asked to. */
  readonly isDraining: boolean
  /** How long its lease lasts unless it is renewed, in milliseconds; `null` where leases do not end by time. */
  readonly leaseLeftMs: number | null
  /** The sessions whose locks it holds. */
  readonly sessionIds: readonly string[]
}

/** Who holds a session, and what it says of it. */
export interface Holding {
  /** The name of the process. */
  readonly owner: string
  /** Where that process can be reached; `null` when it did not say. */
  readonly address: string | null
  /** What it says of the session; `null` when it says nothing, or nothing that is understood here. */
  readonly standing: Standing | null
}

/** All processes that use a store, at one moment. */
export interface Fleet {
  /** The members of the cluster by name, then the others. */
  readonly processes: readonly FleetProcess[]
  /** Who holds which session. */
  readonly holdings: ReadonlyMap<string, Holding>
}

/**
 * Looks at everybody in one step of the engine. On files, a process that is in no cluster does not tell which locks it holds: where there is
 * one, each of these sessions that nobody told of is asked for. Rejects when the engine cannot be asked.
 */
export async function lookAtFleet(cluster: LockCluster, sessionIds: readonly string[] = []): Promise<Fleet> {
  const news = await cluster.follow().next()
  const fleet = readFleet(news)
  if (!fleet.processes.some(isSilent)) return fleet
  const found: ClusterLock[] = []
  for (const sessionId of sessionIds.filter((id) => !fleet.holdings.has(id))) {
    // A lock that cannot be read says nothing about the others.
    const holding = await cluster.holding(sessionId).catch(() => null)
    if (holding !== null) found.push({ sessionId, processId: holding.process.id, text: holding.text })
  }
  return readFleet({ ...news, locks: [...news.locks, ...found] })
}

function isSilent({ card, sessionIds }: FleetProcess): boolean {
  return card === null && sessionIds.length === 0
}

/** Reads the first news of a cluster. A lock of a process that is gone is held by nobody. */
export function readFleet({ processes, locks }: ClusterNews): Fleet {
  const living = new Map(processes.map((process) => [process.id, process]))
  const holdings = new Map<string, Holding>()
  const held = new Map(processes.map(({ id }): [string, string[]] => [id, []]))
  for (const { sessionId, processId, text } of new Map(locks.map((lock) => [lock.sessionId, lock])).values()) {
    const process = processId === null ? undefined : living.get(processId)
    if (process === undefined) continue
    holdings.set(sessionId, readHolding(process, text))
    held.get(process.id)?.push(sessionId)
  }
  return { processes: processes.map((process) => readProcess(process, held.get(process.id) ?? [])).sort(byName), holdings }
}

/** Tells who holds a session; `null` when nobody does. */
export type HolderLookup = (sessionId: string) => Promise<Holding | null>

/**
 * Finds out who holds sessions: of all by one question, where the lock can answer it. A lock that cannot be asked says nothing about a
 * session; whoever starts it finds out.
 */
export async function findHolders(lock: SessionLock, sessionIds: readonly string[]): Promise<HolderLookup> {
  const { cluster } = lock
  if (cluster === undefined) return (sessionId) => askForOwner(lock, sessionId).catch(() => null)
  if (sessionIds.length < 2) return (sessionId) => askForHolding(cluster, sessionId).catch(() => null)
  const fleet = await lookAtFleet(cluster, sessionIds).catch(() => null)
  return async (sessionId) => fleet?.holdings.get(sessionId) ?? null
}

async function askForOwner(lock: SessionLock, sessionId: string): Promise<Holding | null> {
  const owner = await findOwner(lock, sessionId)
  return owner === null ? null : { owner, address: null, standing: null }
}

async function askForHolding(cluster: LockCluster, sessionId: string): Promise<Holding | null> {
  const holding = await cluster.holding(sessionId)
  return holding === null ? null : readHolding(holding.process, holding.text)
}

function readHolding(process: ClusterProcess, note: string | null): Holding {
  return { owner: process.owner, address: readCard(process)?.address ?? null, standing: note === null ? null : parseStanding(note) }
}

function readProcess(process: ClusterProcess, sessionIds: string[]): FleetProcess {
  const { id, owner, isAskedToDrain, leaseLeftMs } = process
  const card = readCard(process)
  return { id, owner, card, isDraining: isAskedToDrain || card?.draining === true, leaseLeftMs, sessionIds: sessionIds.sort() }
}

function readCard({ text }: ClusterProcess): MemberCard | null {
  return text === null ? null : parseCard(text)
}

function byName(a: FleetProcess, b: FleetProcess): number {
  const isOutside = ({ card }: FleetProcess): number => (card === null ? 1 : 0)
  if (isOutside(a) !== isOutside(b)) return isOutside(a) - isOutside(b)
  return a.owner < b.owner || (a.owner === b.owner && a.id < b.id) ? -1 : 1
}
