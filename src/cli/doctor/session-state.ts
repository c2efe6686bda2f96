import type { StoredSession } from '../../auth/stored-session.js'
import type { SessionState } from './diagnosis.js'

/** What became of a session, by what is stored of it. */
export function stateOf(stored: StoredSession): SessionState {
  switch (stored.kind) {
    case 'absent': return 'never_paired'
    case 'corrupt': return 'corrupt'
    case 'legacy': return 'legacy'
    case 'wrong-key': return 'locked'
    case 'unavailable': return 'unavailable'
    case 'readable': return stateOfCreds(stored)
  }
}

function stateOfCreds({ creds, lifecycle }: StoredSession & { kind: 'readable' }): SessionState {
  if (lifecycle.loggedOutAt !== null) return 'logged_out'
  if (creds.kind === 'half_paired') return 'half_paired'
  if (creds.kind === 'unpaired') return 'never_paired'
  return lifecycle.desired === 'stopped' ? 'stopped' : 'restorable'
}
