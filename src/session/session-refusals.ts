import { SessionError } from '../errors.js'
import type { SessionSnapshot } from '../status/session-status.js'
import { STATUS_REASONS } from '../status/status-reasons.js'

/** A process that runs a session. */
export interface ProcessName {
  /** Its name. */
  readonly owner: string
  /** Where it can be called; `null` when it gave no address. */
  readonly address: string | null
}

/** Another process runs the session; which one, if that is known. */
export function ownedElsewhere(sessionId: string, process: ProcessName | null = null): SessionError {
  if (process === null) {
    return new SessionError('OWNED_ELSEWHERE', `Another process runs session "${sessionId}". Call that process, or wait until it has ended.`, { sessionId })
  }
  const { owner, address } = process
  const who = address === null ? `Process ${owner}` : `Process ${owner} (${address})`
  return new SessionError('OWNED_ELSEWHERE', `${who} runs session "${sessionId}". Call it there, or wait until it has ended.`, {
    sessionId,
    owner,
    ownerAddress: address ?? undefined,
  })
}

/** The manager was closed while somebody waited. */
export function managerClosed(sessionId?: string): SessionError {
  return new SessionError('MANAGER_CLOSED', 'The session manager is closed. Create a new one to continue.', { sessionId })
}

/** Nothing is paired. */
export function notPaired(sessionId: string): SessionError {
  return new SessionError('NOT_PAIRED', `Session "${sessionId}" has no linked phone. Call connect() to link one.`, { sessionId })
}

/** A phone is linked already. */
export function alreadyPaired(sessionId: string): SessionError {
  return new SessionError('ALREADY_PAIRED', `Session "${sessionId}" is already linked to a phone. Log it out before you link another one.`, { sessionId })
}

/** The session rests, and will not connect by itself. `lossError` is what its last socket was lost with. */
export function needsPerson({ sessionId, reason, message, lastDisconnect }: SessionSnapshot, lossError?: unknown): SessionError {
  const code = reason === null ? 'CONNECT_FAILED' : STATUS_REASONS[reason].errorCode
  if (code === 'MANAGER_CLOSED') return managerClosed(sessionId)
  const sentence = `Session "${sessionId}" will not connect on its own: ${message}`
  if (code !== 'CONNECT_FAILED' || lastDisconnect === undefined) return new SessionError(code, sentence, { sessionId })
  return new SessionError(code, `${sentence} The last attempt ended with: ${lastDisconnect.message}`, { sessionId, cause: lossError })
}

/** The application's own retry policy threw. */
export function policyFailed(sessionId: string, cause: unknown): SessionError {
  return new SessionError('LISTENER_FAILED', `The retry policy failed for session "${sessionId}". The library waits 30 s instead.`, { sessionId, cause })
}

/** A pairing could not be stored in time: another process has stored or deleted something since. */
export function pairingGivenUp(sessionId: string): SessionError {
  return new SessionError(
    'PAIRING_FAILED',
    `A phone was linked to session "${sessionId}", but another process took over before the library could store it. Unlink the device on the phone, then link it again.`,
    { sessionId },
  )
}

/** The caller's deadline passed. */
export function connectTimeout(sessionId: string, timeoutMs: number | undefined): SessionError {
  return new SessionError('CONNECT_TIMEOUT', `Session "${sessionId}" was not ready within ${timeoutMs ?? 0} ms. It keeps trying in the background.`, {
    sessionId,
  })
}

/** Message after message cannot be decrypted. */
export function decryptionFails(sessionId: string, count: number): SessionError {
  return new SessionError(
    'DECRYPTION_FAILING',
    `${count} messages that session "${sessionId}" received in the last hour could not be decrypted. Delete no keys. Check that nothing else uses its credentials; docs/troubleshooting.md says what else to look at.`,
    { sessionId },
  )
}
