import type { Lifecycle } from '../auth/lifecycle-record.js'
import type { SessionState } from './session-state.js'

/** What a session came to in this process. */
export interface LocalOutcome {
  readonly state: SessionState
  /** What is remembered of it. */
  readonly lifecycle: Lifecycle
  /** Whether what is remembered could not be written yet. */
  readonly isUnwritten: boolean
}

/**
 * Whether the rest a session came to here holds against stored credentials that could be dialled: they failed here, or what was
 * decided here could not be written. For another identity, paired by somebody else since, it does not.
 */
export function knowsBetter({ state, lifecycle, isUnwritten }: LocalOutcome, stored: Lifecycle): boolean {
  if (state.phase !== 'idle') return false
  // One that failed before it could read anything speaks of whatever is stored.
  const isSame = lifecycle.identity === stored.identity || (lifecycle.identity === null && state.status === 'failed')
  if (!isSame) return false
  return state.status === 'failed' || isUnwritten || (state.reason === 'stopped' && lifecycle.desired !== 'stopped')
}
