import type { Mood } from './world/fate.js'

/** What is stored of a session at the beginning. */
export type Seed = 'absent' | 'paired' | 'stopped' | 'logged out' | 'half paired' | 'corrupt'

/** How the server treats new sockets: `flapping` lets them in and drops them soon, `moody` does this and that. */
export type ServerMood = 'welcoming' | 'moody' | 'silent' | 'refusing' | 'flapping'

/** The world of a history. */
export interface WorldPlan {
  /** Decides what is left to luck: the fate of each call, how long an answer takes, jitter. */
  readonly luck: number
  /** How many managers share the store. */
  readonly managers: 1 | 2
  /** The clock of an engine that ends leases by itself: how fast it goes, and how far it is ahead. `null`: leases end only when somebody takes them. */
  readonly engineClock: { readonly rate: number; readonly aheadMs: number } | null
  /** What is stored of each session; its place in this list names it. */
  readonly sessions: readonly Seed[]
  readonly jitter: 'full' | 'none'
  /** `null`: the reconnects of a paired session never end. */
  readonly maxReconnects: number | null
  readonly dials: { readonly concurrency: number; readonly perSecond: number }
  readonly connectTimeoutMs: number
  readonly stableAfterMs: number
  readonly rateLimitCoolDownMs: number
  /** Whether all troubles end before the managers are closed; else they are closed in the midst of them. */
  readonly endsInPeace: boolean
  /** Whether listeners, `onProgress` and `socketConfig` throw, hang or take their time now and then. */
  readonly isRude: boolean
}

/** A verb of the manager, with what it is given. */
export type Call =
  | { readonly verb: 'connect'; readonly abortAfterMs: number | null; readonly timeoutMs: number | null; readonly metadata: boolean }
  | { readonly verb: 'restoreSession'; readonly abortAfterMs: number | null; readonly force: boolean }
  | { readonly verb: 'restoreAll'; readonly abortAfterMs: number | null }
  | { readonly verb: 'getStatus'; readonly restore: boolean }
  | { readonly verb: 'getStatuses' }
  | { readonly verb: 'requestPairingCode' }
  | { readonly verb: 'waitUntilConnected'; readonly abortAfterMs: number | null }
  | { readonly verb: 'stop' }
  | { readonly verb: 'logout'; readonly timeoutMs: number; readonly requireUnlink: boolean }
  | { readonly verb: 'delete' }
  | { readonly verb: 'close'; readonly timeoutMs: number }

/** What happens to a socket. */
export type Signal =
  | { readonly what: 'qr' | 'scan' | 'open' | 'offline done' | 'message' | 'creds' | 'ratchet' | 'key read' | 'half-open' | 'never ends' }
  | { readonly what: 'close'; readonly code: number }

/** One thing that happens. Places in lists wrap around, so that every number means something in every world. */
export type Happening =
  /** Several callers at once ask one manager for one thing. */
  | { readonly do: 'call'; readonly manager: number; readonly session: number; readonly callers: number; readonly call: Call }
  /** `age` 0 is the newest socket of the session, 1 the one before. */
  | { readonly do: 'signal'; readonly session: number; readonly age: number; readonly signal: Signal }
  /** `session: null` is all of them. */
  | { readonly do: 'mood'; readonly of: 'store' | 'lock' | 'repository'; readonly session: number | null; readonly mood: Mood }
  | { readonly do: 'server'; readonly mood: ServerMood }
  /** The lease is lost, and told to be: to somebody else, or because its time ran out. */
  | { readonly do: 'lose'; readonly session: number; readonly how: 'taken' | 'expired' }
  /** Somebody removes all that is stored of a session, past the library. */
  | { readonly do: 'wipe'; readonly session: number }
  /** A process that is not ours takes the lock when it is free, and gives it back later. */
  | { readonly do: 'occupy'; readonly session: number; readonly forMs: number }
  | { readonly do: 'nothing' }

/** A happening, and how long nothing else happens; `null`: the next one comes in the same turn. */
export type Step = Happening & { readonly thenMs: number | null }

/** All that happens in one world. */
export interface History {
  readonly world: WorldPlan
  readonly steps: readonly Step[]
}
