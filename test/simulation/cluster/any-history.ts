import fc, { type Arbitrary } from 'fast-check'
import type { ClusterHappening, ClusterHistory, ClusterPlan, ClusterStep, Epilogue, LinkMood, ProcessPlan } from './history.js'

const often = <Value>(weight: number, arbitrary: Arbitrary<Value>): { weight: number; arbitrary: Arbitrary<Value> } => ({ weight, arbitrary })
const anyProcess = fc.nat({ max: 5 })
const anyRate = fc.constantFrom(1, 1, 0.99, 1.01)

const anyProcessPlan: Arbitrary<ProcessPlan> = fc.record({ maxSessions: fc.constantFrom(null, null, null, 4, 8, 8, 12, 16, 0), rate: anyRate })

const anyMood: Arbitrary<LinkMood> = fc.constantFrom('slow', 'slow', 'failing', 'failing', 'hanging', 'mute', 'flaky')

const anyDuration = fc.constantFrom(100, 1000, 3000, 7000, 8500, 9500, 11_000, 16_000, 30_000)

const anyHappening: Arbitrary<ClusterHappening> = fc.oneof(
  often(4, fc.record({ do: fc.constant('kill' as const), process: anyProcess })),
  often(8, fc.record({ do: fc.constant('pause' as const), process: anyProcess, forMs: anyDuration })),
  often(14, fc.record({ do: fc.constant('cut' as const), process: anyProcess, mood: anyMood, forMs: anyDuration })),
  often(3, fc.record({ do: fc.constant('set clock' as const), process: anyProcess, byMs: fc.constantFrom(2000, -2000, 3_600_000, -3_600_000) })),
  often(1, fc.record({ do: fc.constant('set engine clock' as const), byMs: fc.constantFrom(400, -400) })),
  often(8, fc.record({ do: fc.constant('join' as const), plan: anyProcessPlan })),
  often(2, fc.record({ do: fc.constant('leave' as const), process: anyProcess })),
  often(5, fc.record({ do: fc.constant('drain' as const), process: anyProcess, timeoutMs: fc.constantFrom(2000, 20_000, 60_000) })),
  often(1, fc.record({ do: fc.constant('ask to drain' as const), process: anyProcess })),
  often(4, fc.record({ do: fc.constant('restart' as const), process: anyProcess, plan: anyProcessPlan })),
  often(2, fc.record({ do: fc.constant('wipe' as const) })),
  often(30, fc.record({ do: fc.constant('nothing' as const) })),
)

const anyPause = fc.constantFrom(0, 0, 50, 100, 300, 500, 1000, 1000, 2000, 3000, 5000)

const anyStep: Arbitrary<ClusterStep> = fc.tuple(anyHappening, anyPause).map(([happening, thenMs]): ClusterStep => ({ ...happening, thenMs }))

const EPILOGUES: readonly [Epilogue, ...Epilogue[]] = ['nothing', 'kill', 'kill', 'drain', 'drain two', 'join']

const anyPlan: Arbitrary<ClusterPlan> = fc.record({
  luck: fc.noShrink(fc.nat()),
  sessions: fc.integer({ min: 1, max: 24 }),
  processes: fc.array(anyProcessPlan, { minLength: 2, maxLength: 4 }),
  perSecond: fc.constantFrom(3, 10),
  engineRate: anyRate,
  epilogue: fc.constantFrom(...EPILOGUES),
})

/** The most steps of one history. */
const LONGEST = 200

/** Any history of a fleet. Its steps shrink one by one, its luck stays. */
export const anyClusterHistory: Arbitrary<ClusterHistory> = fc.record({
  world: anyPlan,
  steps: fc.array(anyStep, { minLength: 1, maxLength: LONGEST, size: 'max' }),
})
