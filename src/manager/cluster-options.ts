import type { ViewedMember } from '../cluster/cluster-view.js'
import { requireBoolean, requireCount, requireOptions, requireTexts } from '../option-checks.js'
import type { SessionStore } from '../store/session-store.js'

/** This process's part in a cluster: the processes that share a store share its sessions. */
export interface ClusterOptions {
  /** Where the other processes of the application reach this one, such as `http://10.0.3.7:3000`. The library never uses it: it tells it to whoever asks for a session that runs here. */
  address?: string | undefined
  /** How many sessions run here at most; 0 for a process that only answers. By default, as many as come. It is also the weight: a process with twice as much gets twice as many. */
  maxSessions?: number | undefined
  /**
   * Whether this process hands sessions over when others have fewer, as after one was started.
   * @defaultValue `true`
   */
  rebalance?: boolean | undefined
}

/** A process of the cluster. */
export interface ClusterMember {
  /** Its name, as in `SessionSnapshot.owner`. */
  owner: string
  /** Where it is reached; `null` when it was not told. */
  address: string | null
  /** How many sessions it holds. */
  sessions: number
  /** How many it runs at most; `null` for no limit. */
  capacity: number | null
  /** Whether it hands its sessions over, and takes no new ones. */
  draining: boolean
  /** How long its lease lasts unless it is renewed, in milliseconds; `null` where a process is told to be gone in another way. */
  leaseLeftMs: number | null
  /** Whether it is this one. */
  isLocal: boolean
}

/** The options with every value set. */
export interface ResolvedCluster {
  readonly address: string | null
  readonly maxSessions: number | null
  readonly rebalance: boolean
}

const NAMES = Object.keys({ address: 0, maxSessions: 0, rebalance: 0 } satisfies Record<keyof ClusterOptions, 0>)

/** Checks the options and fills in the defaults; `null` when there is no cluster. Throws `TypeError` or `RangeError`. */
export function resolveCluster(options: ClusterOptions | undefined, { lock }: SessionStore): ResolvedCluster | null {
  if (options === undefined) return null
  requireOptions('cluster', options, NAMES)
  if (lock.cluster === undefined)
    throw new TypeError(
      'Option "cluster" needs a store whose lock tells processes of each other. Use a store of this library, or give your lock the member "cluster".',
    )
  const { address, maxSessions, rebalance = true } = options
  requireTexts('cluster', { address })
  if (maxSessions !== undefined && maxSessions !== Infinity) requireCount('cluster.maxSessions', maxSessions, 0)
  return {
    address: address ?? null,
    maxSessions: maxSessions === Infinity ? null : (maxSessions ?? null),
    rebalance: requireBoolean('cluster.rebalance', rebalance),
  }
}

/** A member, for people. */
export function memberOf({ process, card, sessions }: ViewedMember): ClusterMember {
  const { owner, isSelf, leaseLeftMs } = process
  return { owner, address: card.address, sessions, capacity: card.maxSessions, draining: card.draining, leaseLeftMs, isLocal: isSelf }
}
