/** Who keeps the sessions: this library, Baileys alone with the same remedy, or Baileys as it comes. */
export type Setup = 'library' | 'bare' | 'stock'

/** What a client process is told to do. */
export interface ClientOrder {
  readonly setup: Setup
  readonly url: string
  readonly rootPublicKey: Uint8Array
  /** The text of the creds of each session. */
  readonly creds: readonly string[]
  /** How many dials may be under way at once. */
  readonly concurrency: number
  /** How long the process is watched doing nothing, in milliseconds. */
  readonly idleMs: number
  /** How long to wait for the sessions to open, in milliseconds. */
  readonly patienceMs: number
}

/** What a client process found out. */
export interface ClientResult {
  readonly setup: Setup
  readonly sessions: number
  /** How many sessions were open in the end. */
  readonly open: number
  /** From the first dial to the last session that opened. */
  readonly openMs: number
  /** From before the first dial until what follows a login was done. */
  readonly cpuMsPerSession: number
  /** Beside what the process had before the first session. */
  readonly rssKiBPerSession: number
  /** The same after garbage was collected: when the engine last did that by itself is chance. */
  readonly keptKiBPerSession: number
  readonly idleCpuPercent: number
  readonly worstLagMs: number
  /** What a `.then` costs with all these sessions in the process. */
  readonly thenMicroseconds: number
  /** Only of the library. */
  readonly statusesPerSecond: number | null
}

/** The order to the server process: how many devices to link. */
export interface ServerOrder {
  readonly devices: number
}

/** What the server process answers. */
export interface ServerFacts {
  readonly url: string
  readonly rootPublicKey: Uint8Array
  readonly creds: readonly string[]
}
