/** What is measured: so many sessions, shared by so many processes. */
export interface Setting {
  readonly engine: 'files' | 'sqlite' | 'redis' | 'postgres'
  readonly sessions: number
  readonly processes: number
  readonly idleMs: number
  readonly leaseMs: number
}

/** What came of it. Times in milliseconds, as they are seen from outside the processes. */
export interface Measurement extends Setting {
  /** What the busiest process used while nothing happened. */
  readonly idle: {
    readonly cpuPercent: number
    /** To the server, in a second. */
    readonly requests: number
    /** From the server, in a second, for each process. */
    readonly bytes: number
  }
  /** What a process has to do to know all of the others. */
  readonly joining: {
    readonly cpuMs: number
    readonly heapBytesPerSession: number
    readonly bytesPerSession: number
  }
  /** A process that was drained. */
  readonly drain: {
    readonly sessions: number
    readonly tookMs: number
    /** How long a session was without a socket: half of them shorter, and the longest. */
    readonly gapMs: number
    readonly longestGapMs: number
  }
  /** A process that was killed. */
  readonly failover: {
    readonly sessions: number
    readonly firstBackMs: number
    readonly allBackMs: number
  }
}
