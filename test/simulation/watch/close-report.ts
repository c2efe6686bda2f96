import type { VerbCall } from '../observer.js'

/** The sessions that `close` has said it could not finish; `null` when this is no `close` that has resolved. */
export function notDrainedBy({ call, outcome, value }: VerbCall): readonly unknown[] | null {
  if (call.verb !== 'close' || outcome !== 'resolved' || typeof value !== 'object' || value === null) return null
  return 'notDrained' in value && Array.isArray(value.notDrained) ? value.notDrained : null
}
