import type { Attempt } from './log-entry.js'

/** Milliseconds between the starts of consecutive attempts. */
export function gapsBetween(attempts: readonly Attempt[]): number[] {
  return attempts.slice(1).map((attempt, index) => attempt.acceptedAt - (attempts[index]?.acceptedAt ?? attempt.acceptedAt))
}
