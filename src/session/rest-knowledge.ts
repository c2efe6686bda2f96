import type { Lifecycle } from '../auth/lifecycle-record.js'
import type { Session } from './session.js'

/**
 * Whether the rest a session came to here holds against stored credentials that could be dialled: they failed here, or what was
 * decided here could not be written. For another identity, paired by somebody else since, it does not.
 */
export function knowsBetter({ state, memory }: Session, stored: Lifecycle): boolean {
  const { current, isUnwritten } = memory
  if (state.phase !== 'idle' || current.identity !== stored.identity) return false
  return state.status === 'failed' || isUnwritten || (state.reason === 'stopped' && current.desired !== 'stopped')
}
