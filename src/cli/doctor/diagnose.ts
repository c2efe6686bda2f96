import type { StoredSession } from '../../auth/stored-session.js'
import type { Diagnosis, SessionState } from './diagnosis.js'
import { findFaults } from './find-faults.js'
import type { SessionFacts } from './session-facts.js'

/** Judges what was seen of a session, at a time. */
export function diagnose(facts: SessionFacts, now: Date): Diagnosis {
  const { sessionId, stored, owner, records, folder } = facts
  const state = stateOf(facts)
  return {
    sessionId,
    state,
    owner,
    phoneNumber: stored.kind === 'readable' && stored.creds.kind === 'paired' ? stored.creds.phoneNumber : null,
    records: records.total,
    lastWriteAt: folder?.lastWriteAt ?? null,
    encryption: records.plain > 0 && records.encrypted > 0 ? 'mixed' : records.encrypted > 0 ? 'encrypted' : records.plain > 0 ? 'plain' : 'none',
    findings: findFaults(facts, state, now),
  }
}

function stateOf({ stored }: SessionFacts): SessionState {
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
