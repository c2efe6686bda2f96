import type { Diagnosis } from './diagnosis.js'
import { findFaults } from './find-faults.js'
import type { SessionFacts } from './session-facts.js'
import { stateOf } from './session-state.js'

/** Judges what was seen of a session, at a time. */
export function diagnose(facts: SessionFacts, now: Date): Diagnosis {
  const { sessionId, stored, owner, records, folder } = facts
  const state = stateOf(stored)
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
