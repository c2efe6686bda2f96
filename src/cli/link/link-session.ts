import type { WASocket } from '@whiskeysockets/baileys'
import { readStoredSession, type StoredSession } from '../../auth/stored-session.js'
import { isSessionError } from '../../errors.js'
import type { SessionManager } from '../../manager/session-manager.js'
import type { SessionSnapshot } from '../../status/session-status.js'
import { STATUS_REASONS } from '../../status/status-reasons.js'
import { CREDS_KEY, LIFECYCLE_KEY, type SessionStore } from '../../store/session-store.js'
import { findRealSession, findSimulatedSession } from '../../testing/simulated-sessions.js'
import { CommandError } from '../command-environment.js'
import { findForeignFolder, findMisnomer } from '../misnamed-store.js'
import type { StoreName } from '../stores/store-name.js'
import { listSessions, READ_TIMEOUT_MS, type StoreView } from '../store-view.js'
import { holdsSealedSession } from '../stored-sessions.js'
import { maskNumber } from '../terminal-text.js'

/** Which session is to be linked. */
interface LinkOrder {
  /** The session. */
  readonly sessionId: string
  /** The number to ask a pairing code for; `null`: a QR is scanned. */
  readonly phoneNumber: string | null
  /** Calls it off. */
  readonly signal: AbortSignal
}

/** Who is shown what has to be done at the phone. */
interface LinkAudience {
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
    const callOff = (): void => resolve({ kind: 'called-off' })
    signal.addEventListener('abort', callOff, { once: true })
    if (signal.aborted) callOff()
    manager.on('socket', ({ socket }) => {
      if (isLinkedDevice(socket)) upload(socket, (name) => resolve({ kind: 'uploaded', name }))
    })
    manager.on('status', (snapshot) => {
      if (isAtRest(snapshot)) resolve({ kind: 'gave-up', snapshot })
      else if (snapshot.status !== 'pairing') audience.onOver(snapshot.message)
      else if (snapshot.reason !== null && STATUS_REASONS[snapshot.reason].outspeaks === 'pairing') audience.onNotice(snapshot.message)
    })
    if (phoneNumber === null) {
      manager.on('qr', ({ qr, expiresAt }) => audience.onQr(qr, expiresAt))
      manager.connect(sessionId).catch(reject)
    } else {
      manager.on('pairing-code', ({ code, expiresAt }) => audience.onCode(code, expiresAt))
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
  const ask = (): void => {
    manager.requestPairingCode(sessionId, phoneNumber).catch(onFailure)
  }
  manager.on('socket', () => {
    sockets += 1
  })
  manager.on('status', ({ status }) => {
    if (status !== 'pairing' || sockets <= askedAt) return
    askedAt = sockets
    ask()
  })
  ask()
}

/** A login that fails is tried again by the manager, as often as it may. */
function upload(socket: WASocket, done: (name: string | null) => void): void {
  uploadAtLogin(socket).then(done, (cause: unknown) => {
    void socket.end(cause instanceof Error ? cause : new Error(String(cause)))
  })
}

/** Baileys' own listener for a login that WhatsApp has taken. */
const LOGGED_IN = 'CB:success'

/** A stanza, as far as it matters here. */
interface LoggedIn {
  readonly attrs: Readonly<Record<string, string>>
}

/** Whether a socket dials to log in as a linked device; otherwise it dials to be linked. */
function isLinkedDevice({ authState: { creds } }: Pick<WASocket, 'authState'>): boolean {
  return creds.account !== undefined && creds.me !== undefined
}

/**
 * Lets a login upload the device's pre-keys, and nothing else. WhatsApp hands over what waits for a device when that calls itself active, which Baileys does
 * right after the upload, in one listener (6.7.18 to 7.0.0-rc14, `CB:success`). This takes the place of that listener, so that what waits stays for the
 * application. To be called before the socket can emit anything.
 *
 * Resolves with the name that the account goes by, when WhatsApp tells it, once the keys are uploaded. Rejects when they could not be: the socket is of no use then.
 */
async function uploadAtLogin(socket: WASocket): Promise<string | null> {
  const { attrs } = await new Promise<LoggedIn>((resolve) => {
    socket.ws.removeAllListeners(LOGGED_IN)
    socket.ws.on(LOGGED_IN, resolve)
  })
  await socket.uploadPreKeysToServerIfRequired()
  // Baileys 7 only logs that it could not upload.
  if ((await countAtServer(socket)) === 0) throw new Error('WhatsApp still has no pre-keys from this device after the upload.')
  const name = attrs['display_name'] ?? socket.authState.creds.me?.name ?? ''
  return name === '' ? null : name
}

async function countAtServer(socket: WASocket): Promise<number> {
  const answer: unknown = await socket.query({
    tag: 'iq',
    attrs: { xmlns: 'encrypt', type: 'get', to: 's.whatsapp.net' },
    content: [{ tag: 'count', attrs: {} }],
  })
  return Number(readCount(answer))
}

/** `<iq><count value="812"/></iq>` */
function readCount(answer: unknown): unknown {
  const content: unknown = typeof answer === 'object' && answer !== null && 'content' in answer ? answer.content : undefined
  const count: unknown = Array.isArray(content) ? content[0] : undefined
  const attrs: unknown = typeof count === 'object' && count !== null && 'attrs' in count ? count.attrs : undefined
  return typeof attrs === 'object' && attrs !== null && 'value' in attrs ? attrs.value : 0
}

/** A session that is to be linked, and where. */
export interface LinkPlace {
  /** How the store was named. */
  readonly name: StoreName
  /** The store. */
  readonly view: StoreView
  /** The session. */
  readonly sessionId: string
  /** Whether it is linked at a simulated WhatsApp. */
  readonly isSimulated: boolean
}

/** A session that a phone is linked to, as far as is known. */
type LinkedSession = Extract<StoredSession, { kind: 'readable' }> & { readonly creds: { readonly kind: 'paired' } }

/** Whether a phone is linked to it. */
export function isLinkedSession(stored: StoredSession): stored is LinkedSession {
  return stored.kind === 'readable' && stored.creds.kind === 'paired' && stored.lifecycle.loggedOutAt === null
}

/** Rejects with a `CommandError` when a phone cannot or should not be linked there. Changes nothing. */
export async function requireLinkable(place: LinkPlace): Promise<void> {
  const {
    name,
    view: { raw },
    sessionId,
  } = place
  const sessionIds = await listSessions(raw)
  const misnomer = await findMisnomer(name, sessionIds.length > 0)
  if (misnomer !== null) throw new CommandError(misnomer.message)
  const owner = await raw.lock.owner(sessionId)
  if (owner !== null) throw new CommandError(`Session "${sessionId}" is running in ${owner}. Stop it there first.`)
  await requireOneKind(place)
  await requireKeys(place, sessionIds)
  await requireUnlinked(place)
}

/** A simulated WhatsApp knows no real device, and WhatsApp knows no simulated one. */
async function requireOneKind({ name, view: { raw }, isSimulated }: LinkPlace): Promise<void> {
  const other = isSimulated ? await findRealSession(raw) : await findSimulatedSession(raw)
  if (other === null) return
  throw new CommandError(
    isSimulated
      ? `${name.text} contains "${other}", which is not a simulated session. Use another store for the simulation.`
      : `${name.text} contains "${other}", which was linked with --simulated and does not exist for WhatsApp. Use another store, or delete it first.`,
  )
}

/** The application has one set of keys for the whole store: with others, or without any, it could not read this session or those. */
async function requireKeys({ name, view: { raw, open, currentKeyId } }: LinkPlace, sessionIds: readonly string[]): Promise<void> {
  if (currentKeyId === null) {
    if (await holdsSealedSession(raw)) throw new CommandError(`${name.text} is encrypted. Give its keys with --key-file.`)
    return
  }
  for (const sessionId of sessionIds) {
    const isOther = await open.read(sessionId, [CREDS_KEY]).then(
      () => false,
      (error: unknown) => isSessionError(error, 'WRONG_KEY'),
    )
    if (isOther)
      throw new CommandError(`The keys in --key-file do not open "${sessionId}", which is also in ${name.text}. Give the keys that your application uses.`)
  }
}

async function requireUnlinked({ name, view: { open }, sessionId }: LinkPlace): Promise<void> {
  const stored = await readStoredSession(open, sessionId, READ_TIMEOUT_MS)
  if ('error' in stored) throw stored.error
  const foreign = await findForeignFolder(name, open, sessionId)
  if (foreign !== null) throw new CommandError(foreign.reason)
  if (!isLinkedSession(stored)) return
  throw new CommandError(
    `Session "${sessionId}" is already linked to ${maskNumber(stored.creds.phoneNumber)}. Nothing was changed. To link another phone, log it out or delete it first.`,
  )
}

/** What was stored of a session before it was to be linked. */
interface RecordBefore {
  /** Whether there was anything. */
  readonly isThere: boolean
  /** The text of its lifecycle record, as it was stored; `null` when it had none. */
  readonly lifecycle: string | null
}

/** Looks at what a pairing changes before it succeeds: the lifecycle record alone. */
export async function readBefore(store: SessionStore, sessionId: string): Promise<RecordBefore> {
  const [lifecycle] = await store.read(sessionId, [LIFECYCLE_KEY])
  let isThere = false
  for await (const _key of store.records(sessionId)) {
    isThere = true
    break
  }
  return { isThere, lifecycle: lifecycle?.value ?? null }
}

/** Makes it as it was, unless it is linked now, or somebody else runs it. */
export async function putBackUnlessLinked({ raw, open }: StoreView, sessionId: string, { isThere, lifecycle }: RecordBefore): Promise<void> {
  const lease = await raw.lock.acquire(sessionId)
  if (lease === null) return
  const { fencingToken } = lease
  try {
    const stored = await readStoredSession(open, sessionId, READ_TIMEOUT_MS)
    if ('error' in stored || isLinkedSession(stored)) return
    if (isThere) await raw.write(sessionId, [{ ...LIFECYCLE_KEY, value: lifecycle }], { fencingToken })
    else await raw.delete(sessionId, { fencingToken })
  } finally {
    await lease.release()
  }
}
