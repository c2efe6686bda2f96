/** How a process reaches the engine: `mute` is carried out and never answered, `slow` comes late in both directions. */
export type LinkMood = 'healthy' | 'slow' | 'failing' | 'hanging' | 'mute' | 'flaky'

/** What is done with the fleet once it has come to rest. */
export type Epilogue = 'nothing' | 'kill' | 'drain' | 'drain two' | 'join'

/** How a process takes part. */
export interface ProcessPlan {
  /** `null`: as many as come. */
  readonly maxSessions: number | null
  /** How fast its clock goes. */
  readonly rate: number
}

/** The world of a history. */
export interface ClusterPlan {
  /** Decides what is left to luck: delays, names, jitter. */
  readonly luck: number
  /** How many sessions there are. */
  readonly sessions: number
  /** The processes that are there from the beginning. */
  readonly processes: readonly ProcessPlan[]
  readonly perSecond: number
  /** How fast the clock of the engine goes. */
  readonly engineRate: number
  readonly epilogue: Epilogue
}

/** One thing that happens. Places in lists wrap around, so that every number means something in every world. */
export type ClusterHappening =
  | { readonly do: 'kill'; readonly process: number }
  /** Its timers stand still, and come late. */
  | { readonly do: 'pause'; readonly process: number; readonly forMs: number }
  | { readonly do: 'cut'; readonly process: number; readonly mood: LinkMood; readonly forMs: number }
  /** Its clock on the wall is set. */
  | { readonly do: 'set clock'; readonly process: number; readonly byMs: number }
  | { readonly do: 'set engine clock'; readonly byMs: number }
  | { readonly do: 'join'; readonly plan: ProcessPlan }
  /** It closes without handing anything over. */
  | { readonly do: 'leave'; readonly process: number }
  | { readonly do: 'drain'; readonly process: number; readonly timeoutMs: number }
  /** An operator asks for it. */
  | { readonly do: 'ask to drain'; readonly process: number }
  /** It is killed, and comes back with another limit. */
  | { readonly do: 'restart'; readonly process: number; readonly plan: ProcessPlan }
  /** The engine loses what the processes have told each other. */
  | { readonly do: 'wipe' }
  | { readonly do: 'nothing' }

/** A happening, and how long nothing else happens. */
export type ClusterStep = ClusterHappening & { readonly thenMs: number }

/** All that happens in one world. */
export interface ClusterHistory {
  readonly world: ClusterPlan
  readonly steps: readonly ClusterStep[]
}
