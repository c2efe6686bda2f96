import type { StandingVerdict } from '../../auth/lifecycle-record.js'
import type { StoredSession } from '../../auth/stored-session.js'
import type { ConnectionRecord } from '../../repository/connection-repository.js'
import { stateOf } from '../doctor/diagnosis.js'
import type { Holding } from '../fleet/fleet.js'

/**
 * How a stored session stands:
 *
 * - `linked`: linked to a phone, and nothing is in the way of a connection;
 * - `rate_limited`: linked, and WhatsApp asked to wait;
 * - `restricted`: linked, and WhatsApp has restricted the account;
 * - `stopped`: linked, and somebody stopped it: it is not restored by itself;
 * - `logged_out`: the device was unlinked;
 * - `half_paired`: a pairing was begun and not finished;
 * - `never_paired`: no phone was ever linked, or nothing is stored any more;
 * - `corrupt`: its credentials cannot be understood;
 * - `legacy`: a browser profile of whatsapp-web.js;
 * - `locked`: encrypted, and the key is missing or wrong;
 * - `unavailable`: it could not be read.
 */
export type StandingState =
  'linked' | 'rate_limited' | 'restricted' | 'stopped' | 'logged_out' | 'half_paired' | 'never_paired' | 'corrupt' | 'legacy' | 'locked' | 'unavailable'

/** All that was seen of one session. */
export interface StandingFacts {
  /** The session. */
  readonly sessionId: string
  /** What is stored of it, read with the keys that were given. */
  readonly stored: StoredSession
  /** Whether keys were given. */
  readonly hasKeys: boolean
  /** The process that runs it, and what it says of it; `null` when nobody does. */
  readonly holding: Holding | null
  /** The application's record of it; `null` when there is none, or nobody asked. */
  readonly record: ConnectionRecord | null
}

/** How a session stands. */
export interface Standing {
  /** The session. */
  readonly sessionId: string
  /** What is stored of it, in a word. */
  readonly state: StandingState
  /** When a restriction or a wait ends; `null` when there is none, or nobody said. */
  readonly until: Date | null
  /** The number of the linked phone, digits only; `null` when none is known. */
  readonly phoneNumber: string | null
  /** The process that runs it, and what it says of it; `null` when nobody does. */
  readonly holding: Holding | null
  /** The application's record of it. */
  readonly record: ConnectionRecord | null
  /** What to know or do beside that, for people; `null` when the state says it all. */
  readonly problem: string | null
}

/** Judges what was seen of a session, at a time. */
export function judgeStanding({ sessionId, stored, hasKeys, holding, record }: StandingFacts, now: Date): Standing {
  const state = stateOf(stored)
  const isPaired = stored.kind === 'readable' && stored.creds.kind === 'paired'
  const verdict = state === 'restorable' || state === 'stopped' ? verdictNow(stored, now) : null
  return {
    sessionId,
    state: state === 'restorable' ? (verdict?.kind ?? 'linked') : state,
    until: verdict?.until ?? null,
    phoneNumber: isPaired ? stored.creds.phoneNumber : (holding?.standing?.phoneNumber ?? null),
    holding,
    record,
    problem: problemOf(sessionId, stored, hasKeys),
  }
}

/** A verdict of WhatsApp that is not over. */
function verdictNow(stored: StoredSession, now: Date): StandingVerdict | null {
  const verdict = stored.kind === 'readable' ? stored.lifecycle.verdict : null
  return verdict === null || (verdict.until !== null && verdict.until <= now) ? null : verdict
}

function problemOf(sessionId: string, stored: StoredSession, hasKeys: boolean): string | null {
  if (stored.kind === 'wrong-key' && !hasKeys) return `The credentials of session "${sessionId}" are encrypted. Give the key with --key-file.`
  return 'error' in stored ? stored.error.message : null
}

const WAITING_FOR_A_PERSON: readonly StandingState[] = ['restricted', 'logged_out', 'half_paired', 'corrupt', 'legacy', 'locked', 'unavailable']

/** Whether a session waits for a person. */
export function waitsForPerson({ state }: Pick<Standing, 'state'>): boolean {
  return WAITING_FOR_A_PERSON.includes(state)
}

/** Whether a phone is linked to it, as far as is known. */
export function isLinked({ state }: Pick<Standing, 'state'>): boolean {
  return state === 'linked' || state === 'rate_limited' || state === 'restricted' || state === 'stopped'
}
