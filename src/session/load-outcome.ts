import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { decodeCreds } from '../auth/auth-codec.js'
import { SessionError, type SessionErrorCode } from '../errors.js'
import type { SessionLease } from '../lease/session-lock.js'
import type { BaileysModule } from '../socket/baileys-module.js'
import { unreadableReason } from '../status/status-reasons.js'
import type { StoredOrMissing } from './missing-credentials.js'
import type { IdleState, SessionEvent } from './session-state.js'
import type { StartDecision } from './start-decision.js'

/** What a session has to dial with. */
export interface Loaded {
  readonly lease: SessionLease
  readonly stored: StoredOrMissing
  readonly baileys: BaileysModule
}

/** How loading a session ended. */
export type LoadOutcome =
  | { readonly kind: 'owned-elsewhere' }
  | { readonly kind: 'failed'; readonly error: SessionError; readonly knownUnpaired: boolean }
  | {
      readonly kind: 'rest'
      readonly decision: Exclude<StartDecision, { action: 'dial' | 'pair' | 'probe' }>
      readonly stored: StoredOrMissing
      readonly error: SessionError | null
    }
  | { readonly kind: 'ready'; readonly decision: Extract<StartDecision, { action: 'dial' | 'pair' }>; readonly loaded: Loaded }

/** Failures that time may heal. Every other one needs a person. */
const PASSING: ReadonlySet<SessionErrorCode> = new Set<SessionErrorCode>(['STORE_UNAVAILABLE', 'STORE_TIMEOUT', 'STALE_WRITER', 'LEASE_EXPIRED'])

/** The event that an outcome of loading is for the session. */
export function eventOf(outcome: LoadOutcome): SessionEvent {
  switch (outcome.kind) {
    case 'owned-elsewhere':
      return { type: 'owned-elsewhere' }
    case 'ready':
    case 'rest':
      return { type: 'loaded', decision: outcome.decision }
    case 'failed': {
      if (!PASSING.has(outcome.error.code)) return failedAt('failed', unreadableReason(outcome.error.code))
      return outcome.knownUnpaired ? failedAt('disconnected', 'storage_unavailable') : { type: 'store-failed' }
    }
  }
}

function failedAt(status: IdleState['status'], reason: IdleState['reason']): SessionEvent {
  return { type: 'loaded', decision: { action: 'rest', status, reason, until: null } }
}

/** A session that is not to be dialled, for what is stored of it. */
export function restAt(stored: StoredOrMissing, decision: Extract<StartDecision, { action: 'rest' }>): LoadOutcome {
  return { kind: 'rest', decision, stored, error: 'error' in stored ? stored.error : null }
}

/** The credentials are those of a copy. */
export function restoredFromBackup(sessionId: string): SessionError {
  return new SessionError(
    'RECORD_CORRUPT',
    `The saved credentials of session "${sessionId}" cannot be read, so the store's own copy is used. The library writes them again once WhatsApp has accepted the copy.`,
    { sessionId },
  )
}

/** What is stored of credentials to dial with; empty when that is damaged, so that it is written anew, and `null` when nothing is. */
export function storedTextOf({ stored }: Loaded): string | null {
  if (stored.kind !== 'readable') return null
  return stored.isBackup ? '' : stored.text
}

/**
 * The credentials to dial with. Stored ones that were never paired are used again without what an unfinished pairing left in them:
 * with `me` set Baileys would log in instead of registering, and be refused. A new identity is made only where nothing is stored,
 * or where what is stored was logged out.
 */
export function credsFor(decision: Extract<StartDecision, { action: 'dial' | 'pair' }>, { stored, baileys }: Loaded): AuthenticationCreds {
  if (stored.kind !== 'readable') return baileys.initAuthCreds()
  if (decision.action === 'dial') return decodeCreds(stored.text)
  if (stored.creds.kind === 'paired') return baileys.initAuthCreds()
  const { me: _me, account: _account, signalIdentities: _identities, ...identity } = decodeCreds(stored.text)
  return { ...identity, registered: false, pairingCode: undefined }
}
