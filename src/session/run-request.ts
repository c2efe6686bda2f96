import type { Run } from './session-state.js'
import type { StartRequest } from './start-verdict.js'

/**
 * What a load is to look for, given the run under way. A run that was paired once only restores: should its credentials vanish,
 * nobody wants a surprise pairing.
 */
export function requestOf(run: Run | null): StartRequest {
  if (run === null) return { purpose: 'restore', force: false }
  if (run.paired !== true || run.request.purpose === 'unlink') return run.request
  return { purpose: 'restore', force: run.request.force || run.request.purpose === 'connect' }
}
