import type { Violation } from './world/world.js'

/** A history of any kind of world. */
export interface AnyHistory {
  readonly world: object
  /** What happens, and how long nothing else happens then; `null`: the next one comes in the same turn. */
  readonly steps: readonly { readonly thenMs: number | null }[]
}

/** A history as lines for people. */
export function tellHistory({ world, steps }: AnyHistory): string[] {
  return [`world: ${JSON.stringify(world)}`, ...steps.map(({ thenMs, ...happening }, index) => `${index + 1}. ${describe(happening)}${describePause(thenMs)}`)]
}

/** Violations as lines for people. */
export function tellViolations(violations: readonly Violation[]): string[] {
  return violations.map(
    ({ invariant, what, atMs }) => `${typeof invariant === 'number' ? `invariant ${invariant}` : invariant}, after ${atMs / 1000} s: ${what}`,
  )
}

function describe(happening: object): string {
  return Object.entries(happening)
    .map(([name, value]) => (name === 'do' ? String(value) : `${name} ${JSON.stringify(value)}`))
    .join(', ')
}

function describePause(thenMs: number | null): string {
  if (thenMs === null) return '; in the same turn:'
  return thenMs === 0 ? '' : `; then ${thenMs} ms`
}
