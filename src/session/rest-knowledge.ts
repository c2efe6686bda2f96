import type { Lifecycle } from '../auth/lifecycle-record.js'
import type { Session } from './session.js'

/**
 * Whether the rest a session came to here holds against stored credentials that could be dialled: they failed here, or what was
 * decided here could not be written. For another identity, paired by somebody else since, it does not.
 */
export function knowsBetter({ state, memory }: Session, stored: Lifecycle): boolean {
  const { current, isUnwritten } = memory
  if (state.phase !== 'idle') return false
  // One that failed before it could read anything speaks of whatever is stored.
  const isSame = current.identity === stored.identity || (current.identity === null && state.status === 'failed')
  if (!isSame) return false
  return state.status === 'failed' || isUnwritten || (state.reason === 'stopped' && current.desired !== 'stopped')
}
