import type { WASocket } from '@whiskeysockets/baileys'
import type { SessionManager } from '../../manager/session-manager.js'
import type { SessionSnapshot } from '../../status/session-status.js'
import { DEFAULT_STATUS_MESSAGES } from '../../status/status-messages.js'
import { isLinkedDevice, uploadAtLogin } from './upload-login.js'

/** Which session is to be linked. */
export interface LinkOrder {
  /** The session. */
  readonly sessionId: string
  /** The number to ask a pairing code for; `null`: a QR is scanned. */
  readonly phoneNumber: string | null
  /** Calls it off. */
  readonly signal: AbortSignal
}

/** Who is shown what has to be done at the phone. */
export interface LinkAudience {
  /** A QR to scan. */
  onQr(qr: string, expiresAt: Date): void
  /** A pairing code to type. */
  onCode(code: string, expiresAt: Date): void
  /** What was shown is of no use any more, and why, for people. */
  onOver(message: string): void
  /** Something to know while it goes on, for people. */
  onNotice(message: string): void
}

/** How it ended. */
export type LinkEnd =
  | { readonly kind: 'uploaded'; readonly name: string | null }
  | { readonly kind: 'gave-up'; readonly snapshot: SessionSnapshot }
  | { readonly kind: 'called-off' }

/**
 * Links a phone to a session, and uploads the pre-keys of the new device. Resolves when that is done, when the session needs a person, or when it is called
 * off; the session is not closed. Rejects with a `SessionError` when it cannot be started.
 */
export async function linkSession(manager: SessionManager, order: LinkOrder, audience: LinkAudience): Promise<LinkEnd> {
  const { sessionId, phoneNumber, signal } = order
  return new Promise((resolve, reject) => {
    const callOff = (): void => { resolve({ kind: 'called-off' }) }
    signal.addEventListener('abort', callOff, { once: true })
    if (signal.aborted) callOff()
    manager.on('socket', ({ socket }) => {
      if (isLinkedDevice(socket)) upload(socket, (name) => { resolve({ kind: 'uploaded', name }) })
    })
    manager.on('status', (snapshot) => {
      if (isAtRest(snapshot)) resolve({ kind: 'gave-up', snapshot })
      else if (snapshot.status !== 'pairing') audience.onOver(snapshot.message)
      else if (snapshot.message !== DEFAULT_STATUS_MESSAGES.pairing) audience.onNotice(snapshot.message)
    })
    if (phoneNumber === null) {
      manager.on('qr', ({ qr, expiresAt }) => { audience.onQr(qr, expiresAt) })
      manager.connect(sessionId).catch(reject)
    } else {
      manager.on('pairing-code', ({ code, expiresAt }) => { audience.onCode(code, expiresAt) })
      askForCodes(manager, sessionId, phoneNumber, reject)
    }
  })
}

/** Nothing more comes by itself. */
function isAtRest({ status }: Pick<SessionSnapshot, 'status'>): boolean {
  return status === 'disconnected' || status === 'logged_out' || status === 'failed'
}

/** A code is good for one socket: when the connection was lost, another one is asked for. */
function askForCodes(manager: SessionManager, sessionId: string, phoneNumber: string, onFailure: (error: unknown) => void): void {
  let sockets = 0
  let askedAt = 1
  const ask = (): void => { manager.requestPairingCode(sessionId, phoneNumber).catch(onFailure) }
  manager.on('socket', () => { sockets += 1 })
  manager.on('status', ({ status }) => {
    if (status !== 'pairing' || sockets <= askedAt) return
    askedAt = sockets
    ask()
  })
  ask()
}

/** A login that fails is tried again by the manager, as often as it may. */
function upload(socket: WASocket, done: (name: string | null) => void): void {
  uploadAtLogin(socket).then(done, (cause: unknown) => { void socket.end(cause instanceof Error ? cause : new Error(String(cause))) })
}
