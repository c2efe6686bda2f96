import type { WASocket } from '@whiskeysockets/baileys'
import type { SessionManager } from '../../manager/session-manager.js'
import type { SessionSnapshot } from '../../status/session-status.js'
import { DEFAULT_STATUS_MESSAGES } from '../../status/status-messages.js'

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

/** Baileys' own listener for a login that WhatsApp has taken. */
const LOGGED_IN = 'CB:success'

/** A stanza, as far as it matters here. */
interface LoggedIn {
  readonly attrs: Readonly<Record<string, string>>
}

/** Whether a socket dials to log in as a linked device; otherwise it dials to be linked. */
export function isLinkedDevice({ authState: { creds } }: Pick<WASocket, 'authState'>): boolean {
  return creds.account !== undefined && creds.me !== undefined
}

/**
 * Lets a login upload the device's pre-keys, and nothing else. WhatsApp hands over what waits for a device when that calls itself active, which Baileys does
 * right after the upload, in one listener (6.7.18 to 7.0.0-rc14, `CB:success`). This takes the place of that listener, so that what waits stays for the
 * application. To be called before the socket can emit anything.
 *
 * Resolves with the name that the account goes by, when WhatsApp tells it, once the keys are uploaded. Rejects when they could not be: the socket is of no use then.
 */
export async function uploadAtLogin(socket: WASocket): Promise<string | null> {
  const { attrs } = await new Promise<LoggedIn>((resolve) => {
    socket.ws.removeAllListeners(LOGGED_IN)
    socket.ws.on(LOGGED_IN, resolve)
  })
  await socket.uploadPreKeysToServerIfRequired()
  // Baileys 7 only logs that it could not upload.
  if (await countAtServer(socket) === 0) throw new Error('WhatsApp has no pre-keys of this device after the upload.')
  const name = attrs['display_name'] ?? socket.authState.creds.me?.name ?? ''
  return name === '' ? null : name
}

async function countAtServer(socket: WASocket): Promise<number> {
  const answer: unknown = await socket.query({ tag: 'iq', attrs: { xmlns: 'encrypt', type: 'get', to: 's.whatsapp.net' }, content: [{ tag: 'count', attrs: {} }] })
  return Number(readCount(answer))
}

/** `<iq><count value="812"/></iq>` */
function readCount(answer: unknown): unknown {
  const content: unknown = typeof answer === 'object' && answer !== null && 'content' in answer ? answer.content : undefined
  const count: unknown = Array.isArray(content) ? content[0] : undefined
  const attrs: unknown = typeof count === 'object' && count !== null && 'attrs' in count ? count.attrs : undefined
  return typeof attrs === 'object' && attrs !== null && 'value' in attrs ? attrs.value : 0
}
