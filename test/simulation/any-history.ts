import fc, { type Arbitrary } from 'fast-check'
import type { Call, Happening, History, Signal, Step, WorldPlan } from './history.js'
import type { Mood } from './world/fate.js'

const often = <Value>(weight: number, arbitrary: Arbitrary<Value>): { weight: number; arbitrary: Arbitrary<Value> } => ({ weight, arbitrary })
const place = fc.nat({ max: 3 })
const rarely = fc.oneof(often(4, fc.constant(null)), often(1, fc.nat({ max: 5000 })))

const anyCall: Arbitrary<Call> = fc.oneof(
  often(20, fc.record({ verb: fc.constant('connect' as const), abortAfterMs: rarely, timeoutMs: rarely, metadata: fc.boolean() })),
  often(
    15,
    fc.record({
      verb: fc.constant('restoreSession' as const),
      abortAfterMs: rarely,
      force: fc.oneof(often(3, fc.constant(false)), often(1, fc.constant(true))),
    }),
  ),
  often(7, fc.record({ verb: fc.constant('restoreAll' as const), abortAfterMs: rarely })),
  often(18, fc.record({ verb: fc.constant('getStatus' as const), restore: fc.oneof(often(3, fc.constant(true)), often(1, fc.constant(false))) })),
  often(5, fc.record({ verb: fc.constant('getStatuses' as const) })),
  often(5, fc.record({ verb: fc.constant('requestPairingCode' as const) })),
  often(7, fc.record({ verb: fc.constant('waitUntilConnected' as const), abortAfterMs: rarely })),
  often(9, fc.record({ verb: fc.constant('stop' as const) })),
  often(6, fc.record({ verb: fc.constant('logout' as const), timeoutMs: fc.constantFrom(500, 3000, 20_000), requireUnlink: fc.boolean() })),
  often(5, fc.record({ verb: fc.constant('delete' as const) })),
  often(1, fc.record({ verb: fc.constant('close' as const), timeoutMs: fc.constantFrom(1000, 10_000, 60_000) })),
)

const CODES = [401, 401, 402, 403, 405, 408, 408, 411, 411, 428, 428, 428, 429, 440, 440, 500, 503, 515, 777] as const

const anySignal: Arbitrary<Signal> = fc.oneof(
  often(16, fc.record({ what: fc.constant('close' as const), code: fc.constantFrom(...CODES) })),
  ...(
    [
      [8, 'qr'],
      [16, 'scan'],
      [14, 'open'],
      [3, 'offline done'],
      [8, 'message'],
      [10, 'creds'],
      [12, 'ratchet'],
      [3, 'key read'],
      [2, 'half-open'],
      [1, 'never ends'],
    ] as const
  ).map(([weight, what]) => often(weight, fc.constant({ what }))),
)

const anyMood: Arbitrary<Mood> = fc.oneof(
  often(4, fc.constant('healthy' as const)),
  often(5, fc.constantFrom('slow', 'flaky', 'down', 'late', 'hanging', 'forgetful', 'mute')),
)

const anyHappening: Arbitrary<Happening> = fc.oneof(
  often(
    36,
    fc.record({
      do: fc.constant('call' as const),
      manager: fc.nat({ max: 1 }),
      session: place,
      callers: fc.oneof(often(5, fc.constant(1)), often(1, fc.integer({ min: 2, max: 4 }))),
      call: anyCall,
    }),
  ),
  often(
    36,
    fc.record({ do: fc.constant('signal' as const), session: place, age: fc.oneof(often(7, fc.constant(0)), often(1, fc.constant(1))), signal: anySignal }),
  ),
  often(
    10,
    fc.record({
      do: fc.constant('mood' as const),
      of: fc.constantFrom('store' as const, 'lock' as const, 'repository' as const),
      session: fc.option(place, { nil: null, freq: 3 }),
      mood: anyMood,
    }),
  ),
  often(
    5,
    fc.record({
      do: fc.constant('server' as const),
      mood: fc.constantFrom('welcoming' as const, 'moody' as const, 'moody' as const, 'silent' as const, 'refusing' as const, 'flapping' as const),
    }),
  ),
  often(3, fc.record({ do: fc.constant('lose' as const), session: place, how: fc.constantFrom('taken' as const, 'expired' as const, 'expired' as const) })),
  often(1, fc.record({ do: fc.constant('wipe' as const), session: place })),
  often(2, fc.record({ do: fc.constant('occupy' as const), session: place, forMs: fc.constantFrom(0, 3000, 60_000) })),
  often(9, fc.record({ do: fc.constant('nothing' as const) })),
)

const anyPause = fc.oneof(often(2, fc.constant(null)), often(4, fc.constant(0)), often(6, fc.constantFrom(1, 50, 500, 1000, 3000, 10_000, 20_000, 61_000)))

const anyStep: Arbitrary<Step> = fc.tuple(anyHappening, anyPause).map(([happening, thenMs]): Step => ({ ...happening, thenMs }))

const anyWorld: Arbitrary<WorldPlan> = fc.record({
  luck: fc.noShrink(fc.nat()),
  managers: fc.oneof(often(3, fc.constant(1 as const)), often(2, fc.constant(2 as const))),
  engineClock: fc.oneof(
    often(3, fc.constant(null)),
    often(1, fc.record({ rate: fc.constantFrom(1, 0.95, 1.05), aheadMs: fc.constantFrom(0, 3_600_000, -3_600_000) })),
  ),
  sessions: fc.array(
    fc.oneof(
      often(6, fc.constant('paired' as const)),
      often(3, fc.constant('absent' as const)),
      often(3, fc.constantFrom('stopped' as const, 'logged out' as const, 'half paired' as const, 'corrupt' as const)),
    ),
    { minLength: 1, maxLength: 3 },
  ),
  jitter: fc.constantFrom('full' as const, 'none' as const),
  maxReconnects: fc.constantFrom(null, null, 3),
  dials: fc.record({ concurrency: fc.constantFrom(20, 1, 2), perSecond: fc.constantFrom(10, 2, 3) }),
  connectTimeoutMs: fc.constantFrom(60_000, 5000),
  stableAfterMs: fc.constantFrom(30_000, 10_000),
  rateLimitCoolDownMs: fc.constantFrom(300_000, 10_000),
  endsInPeace: fc.oneof(often(2, fc.constant(true)), often(1, fc.constant(false))),
  isRude: fc.boolean(),
})

/** The most steps of one history. */
const LONGEST = 100

/** Any history. Its steps shrink one by one, its luck stays. */
export const anyHistory: Arbitrary<History> = fc.record({ world: anyWorld, steps: fc.array(anyStep, { minLength: 1, maxLength: LONGEST, size: 'max' }) })
