import fc, { type Arbitrary } from 'fast-check'
import type { AnyHistory } from './tell-history.js'
import type { Violation } from './world/world.js'

/** What came of a history. */
export interface Played {
  /** The first violations, those of one moment. */
  readonly violations: readonly Violation[]
  /** How many of its steps were played. */
  readonly steps: number
}

/** A kind of world: which histories there are, and how one is played, with a line told for whatever happens. */
export interface Simulation<History extends AnyHistory> {
  readonly anyHistory: Arbitrary<History>
  /** How many histories are tried before the seed changes: what a failing one is found again from. */
  readonly batch: number
  readonly play: (history: History, trace?: (line: string) => void) => Promise<Played>
}

/** What to simulate. */
export interface SimulationPlan {
  /** At least so many steps. */
  readonly steps: number
  /** The same seed makes the same histories. */
  readonly seed: number
  /** Whether a failing history is made shorter before it is told. */
  readonly shrink: boolean
  /** Only violations of this one count; without it, all of them do. */
  readonly invariant?: Violation['invariant']
  /** Told after every batch. */
  readonly onProgress?: (steps: number) => void
}

/** A history in which something happened that must not. */
export interface Failure {
  readonly history: AnyHistory
  readonly violations: readonly Violation[]
  /** Finds it again: the first batch of a simulation with this seed ends with it. */
  readonly seed: number
  /** How many times it was made shorter. */
  readonly shrinks: number
}

/** What a simulation came to. */
export interface SimulationReport {
  readonly steps: number
  readonly histories: number
  /** `null`: all invariants held. */
  readonly failure: Failure | null
}

/** Plays random histories until there were enough steps, or one fails. */
export async function simulate<History extends AnyHistory>(
  { anyHistory, batch: numRuns, play }: Simulation<History>,
  { steps, seed, shrink, invariant: wanted, onProgress }: SimulationPlan,
): Promise<SimulationReport> {
  let played = 0
  let histories = 0
  for (let batch = 0; played < steps; batch += 1) {
    const failing: { violations: readonly Violation[] } = { violations: [] }
    const property = fc.asyncProperty(anyHistory, async (history) => {
      const result = await play(history)
      if (failing.violations.length === 0) {
        played += result.steps
        histories += 1
      }
      if (!result.violations.some(({ invariant }) => wanted === undefined || invariant === wanted)) return true
      failing.violations = result.violations
      return false
    })
    const { counterexample, numShrinks: shrinks } = await fc.check(property, { seed: seed + batch, numRuns, endOnFailure: !shrink })
    if (counterexample !== null)
      return { steps: played, histories, failure: { history: counterexample[0], violations: failing.violations, seed: seed + batch, shrinks } }
    onProgress?.(played)
  }
  return { steps: played, histories, failure: null }
}
