import type { DialLimiter } from '../disconnect/dial-limiter.js'
import type { LockCluster } from '../lease/lock-cluster.js'
import type { SessionSnapshot } from '../status/session-status.js'
import type { ViewedChange, ViewedMember } from './cluster-view.js'

/** A session that runs in this process. */
export interface RunningSession {
  readonly snapshot: SessionSnapshot
  /** Whether another process can go on with it: a phone is linked, and nobody is ending it. */
  readonly isMovable: boolean
}

/** What came of taking a session that nobody held: it runs here, somebody was faster, it is not wanted, or nobody can tell. */
export type TakeOutcome = 'running' | 'held' | 'unwanted' | 'unknown'

/** The sessions of this process, as its cluster sees them. */
export interface ClusterSessions {
  /** Every session that there is in the store. */
  list(): Promise<readonly string[]>
  /** Those that run here. */
  running(): readonly RunningSession[]
  /** How many sessions are about to be started here by their callers, and do not run yet, beside the one that asks. */
  startingBeside(sessionId: string | null): number
  /** Whether a session runs here. */
  isRunning(sessionId: string): boolean
  /** Restores a session that nobody holds, if it is wanted. `isHurried`: it was connected a moment ago. Never rejects. */
  take(sessionId: string, isHurried: boolean): Promise<TakeOutcome>
  /** Closes a session here so that another process can go on with it. Resolves with whether everything was written. Never rejects. */
  handOver(sessionId: string): Promise<boolean>
  /** Tells the others again where a session stands, since what the cluster says of it has changed. */
  renote(sessionId: string): void
  /** Tries again what the others could not be told. */
  retellFailed(): void
  /** The store answers again: sessions that wait for it need not wait for their next attempt. */
  resume(): void
}

/** What a cluster works with. */
export interface ClusterSetup {
  readonly lock: LockCluster
  readonly sessions: ClusterSessions
  readonly limiter: DialLimiter
  /** Under which this process can be reached by the others. */
  readonly address: string | null
  /** How many sessions it runs at most. */
  readonly maxSessions: number | null
  /** Whether it gives sessions away when others have fewer. */
  readonly rebalance: boolean
  /** How many dials it makes in a second at most. */
  readonly dialsPerSecond: number
  /** After how long connected a session counts as stable. */
  readonly stableAfterMs: number
  /** The deadline of one call of the engine. */
  readonly timeoutMs: number
  /** Told when a member came or went, or says something else of itself. */
  readonly onMembers: (members: readonly ViewedMember[]) => void
  /** Told of each session that another process took, gave back, or tells something new of. */
  readonly onElsewhere: (changes: readonly ViewedChange[]) => void
  /** Told once when the engine cannot be asked, and again only after it could. */
  readonly onError: (cause: unknown) => void
}

/** What came of a drain. */
export interface DrainOutcome {
  /** The sessions that another process goes on with. */
  readonly given: readonly string[]
  /** Those that were closed before everything was written. */
  readonly undrained: readonly string[]
}
