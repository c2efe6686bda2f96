/** What several processes can share sessions on. `pgbouncer` is PostgreSQL behind PgBouncer in transaction mode. */
export const ENGINES: readonly Engine[] = ['files', 'sqlite', 'redis', 'postgres', 'pgbouncer']

/** One of them. */
export type Engine = 'files' | 'sqlite' | 'redis' | 'postgres' | 'pgbouncer'

/** One thing that a cluster promises, and on which engines a test shows it. */
export interface Proof {
  /** What is promised, as a row of the table in docs/cluster.md says it. */
  readonly promise: string
  /** Where a test of this folder shows it. */
  readonly shownOn: readonly Engine[]
  /** Why the others have no such test. */
  readonly whyNotAll?: string
}

/** The name of one. */
export type ProofName = 'failover' | 'drain' | 'drain of many' | 'share' | 'capacity' | 'cut off' | 'paused' | 'outage' | 'rolling restart'

const SERVERS: readonly Engine[] = ['redis', 'postgres', 'pgbouncer']

const NO_SERVER = 'there is no server that could be away'
const SAME_CODE = 'decided by the same code on every engine; shown on one'

/** What is promised, by name. The tests run on these engines, and the docs say so. */
export const PROOFS: Readonly<Record<ProofName, Proof>> = Object.freeze({
  failover: { promise: 'A process that dies is replaced, and no session needs a QR code', shownOn: ENGINES },
  drain: { promise: '`drain` hands every session over, and every message comes once', shownOn: ENGINES },
  'drain of many': {
    promise: 'In a drain each session is without a socket for less than two seconds, at most 1 % of the fleet at a time',
    shownOn: ['redis'],
    whyNotAll: SAME_CODE,
  },
  share: { promise: 'The sessions of a process that died are shared out evenly', shownOn: ['redis'], whyNotAll: SAME_CODE },
  capacity: {
    promise: 'No process runs more than `maxSessions`; what has no room says so, and starts when there is room',
    shownOn: ['redis'],
    whyNotAll: SAME_CODE,
  },
  'cut off': {
    promise: 'A process that is cut off from the store closes its sockets before others may take its sessions',
    shownOn: SERVERS,
    whyNotAll: NO_SERVER,
  },
  paused: {
    promise: 'A process that was stopped and wakes up writes nothing, and its sockets are gone within a second',
    shownOn: SERVERS,
    whyNotAll: 'a stopped process of the same host is still there, so nobody takes its sessions',
  },
  outage: { promise: 'When the store is away, sockets close in time; when it is back, every session comes back once', shownOn: SERVERS, whyNotAll: NO_SERVER },
  'rolling restart': { promise: 'A rolling restart keeps 99 % of the sessions connected', shownOn: ['redis'], whyNotAll: SAME_CODE },
})
