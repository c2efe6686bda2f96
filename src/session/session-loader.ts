import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { decodeCreds } from '../auth/auth-codec.js'
import { encodeLifecycle, type Lifecycle } from '../auth/lifecycle-record.js'
import { readStoredSession, type StoredSession } from '../auth/stored-session.js'
import { asStoreError, storeTimeout } from '../store/store-failure.js'
import { SessionError } from '../errors.js'
import type { SessionLease } from '../lease/session-lock.js'
import type { BaileysModule } from '../socket/baileys-module.js'
import { LIFECYCLE_KEY, type RecordChange, type SessionStore, type WriteOptions } from '../store/session-store.js'
import { withDeadline } from '../time/deadline.js'
import type { LeaseKeeper } from './lease-keeper.js'
import { judgeStart, type StartRequest, type StartVerdict } from './start-verdict.js'

/** What a session has to dial with. */
export interface Loaded {
  readonly lease: SessionLease
  readonly stored: StoredSession
  readonly baileys: BaileysModule
}

/** How loading a session ended. */
export type LoadOutcome =
  | { readonly kind: 'owned-elsewhere' }
  | { readonly kind: 'failed'; readonly error: SessionError; readonly knownUnpaired: boolean }
  | { readonly kind: 'rest'; readonly verdict: Exclude<StartVerdict, { action: 'dial' | 'pair' | 'probe' }>; readonly stored: StoredSession; readonly error: SessionError | null }
  | { readonly kind: 'ready'; readonly verdict: Extract<StartVerdict, { action: 'dial' | 'pair' }>; readonly loaded: Loaded }

/** What a pairing could not store, until it is stored. */
export interface PendingPairing {
  readonly unsavedPairing: readonly RecordChange[] | null
  pairingSaved(): void
}

/** What a load is for. */
export interface LoadRequest {
  /** Asked for at the moment of the verdict, since a caller may have changed it meanwhile. */
  request: () => StartRequest
  pairing: PendingPairing
  /** Writes what else has to be stored before anything is read. Never rejects. */
  beforeReading: () => Promise<void>
}

/** What a loader works with. */
export interface SessionLoaderOptions {
  sessionId: string
  store: SessionStore
  keeper: LeaseKeeper
  timeoutMs: number
  /** No cool-down after a rate limit is longer. */
  coolDownMs: number
  loadBaileys: () => Promise<BaileysModule>
  /** Told when the credentials to dial with come from a copy. */
  onRestored: (error: SessionError) => void
}

/** Takes the lease of a session, reads what is stored of it, and prepares what a dial needs. */
export class SessionLoader {
  readonly #options: SessionLoaderOptions

  constructor(options: SessionLoaderOptions) {
    this.#options = options
  }

  /** Loads. What an earlier generation paired and could not store is stored first. Never rejects. */
  async load({ request, pairing, beforeReading }: LoadRequest): Promise<LoadOutcome> {
    const { keeper, sessionId, store, timeoutMs } = this.#options
    try {
      await this.savePairing(pairing)
      await beforeReading()
      const lease = await keeper.hold()
      if (lease === null) return { kind: 'owned-elsewhere' }
      await this.writePairing(lease, pairing)
      return await this.#judge(lease, await readStoredSession(store, sessionId, timeoutMs), request())
    } catch (cause) {
      return this.#explain(asStoreError(sessionId, cause), request())
    }
  }

  /**
   * Stores what a pairing could not, while there is still a lease. To be called before one is given back, be it only to take a
   * new one: in that moment another process may log the session out, and what was stored afterwards would undo it.
   */
  async savePairing(pairing: PendingPairing): Promise<void> {
    const { lease } = this.#options.keeper
    if (lease?.lost.aborted === false) await this.writePairing(lease, pairing)
  }

  /** Writes what a pairing could not store, if there is any: it replaces everything that was stored before. */
  async writePairing(lease: SessionLease, pairing: PendingPairing): Promise<void> {
    if (pairing.unsavedPairing === null) return
    await this.#write(lease, pairing.unsavedPairing, { replaceAll: true })
    pairing.pairingSaved()
  }

  /** Writes the lifecycle record under a lease. */
  async writeLifecycle(lease: SessionLease, lifecycle: Lifecycle): Promise<void> {
    await this.#write(lease, [{ ...LIFECYCLE_KEY, value: encodeLifecycle(lifecycle) }], {})
  }

  async #judge(lease: SessionLease, stored: StoredSession, request: StartRequest): Promise<LoadOutcome> {
    const verdict = judgeStart(stored, request, new Date(), this.#options.coolDownMs)
    if (verdict.action === 'probe') throw 'error' in stored ? stored.error : new Error('The store did not answer.')
    if (verdict.action === 'rest') return { kind: 'rest', verdict, stored, error: 'error' in stored ? stored.error : null }
    // Also before a cool-down: whoever connects a session that was stopped wants it after a restart, too.
    const wanted = request.purpose === 'connect' ? await this.#rememberWanted(lease, stored) : stored
    if (verdict.action === 'cool-down') return { kind: 'rest', verdict, stored: await this.#rememberEnd(lease, wanted, verdict.until), error: null }
    if (stored.kind === 'readable' && stored.isBackup) this.#options.onRestored(restoredFromBackup(this.#options.sessionId))
    return { kind: 'ready', verdict, loaded: { lease, stored: wanted, baileys: await this.#options.loadBaileys() } }
  }

  /** Remembers that the session is wanted. Before a pairing this also shows that the store can be written, before any QR code. */
  async #rememberWanted(lease: SessionLease, stored: StoredSession): Promise<StoredSession> {
    if (stored.kind !== 'absent' && stored.kind !== 'readable') return stored
    const pairs = stored.kind === 'absent' || stored.creds.kind !== 'paired' || stored.lifecycle.loggedOutAt !== null
    if (!pairs && stored.lifecycle.desired === 'running') return stored
    const lifecycle: Lifecycle = { ...stored.lifecycle, desired: 'running' }
    await this.writeLifecycle(lease, lifecycle)
    return { ...stored, lifecycle }
  }

  /** A cool-down that was cut short is over at its new end, and does not begin anew then. */
  async #rememberEnd(lease: SessionLease, stored: StoredSession, until: Date): Promise<StoredSession> {
    if (stored.kind !== 'readable' || stored.lifecycle.verdict?.until?.getTime() === until.getTime()) return stored
    const lifecycle: Lifecycle = { ...stored.lifecycle, verdict: { kind: 'rate_limited', until } }
    await this.writeLifecycle(lease, lifecycle)
    return { ...stored, lifecycle }
  }

  /** A store that cannot be used holds up a paired session, and ends a pairing before it has begun. */
  async #explain(error: SessionError, request: StartRequest): Promise<LoadOutcome> {
    const { store, sessionId, timeoutMs } = this.#options
    if (request.purpose !== 'connect' || error.code === 'STORE_TIMEOUT') return { kind: 'failed', error, knownUnpaired: false }
    const isKnownUnpaired = async (): Promise<boolean> =>
      judgeStart(await readStoredSession(store, sessionId, timeoutMs), request, new Date()).action === 'pair'
    return { kind: 'failed', error, knownUnpaired: await isKnownUnpaired().catch(() => false) }
  }

  async #write(lease: SessionLease, changes: readonly RecordChange[], options: Pick<WriteOptions, 'replaceAll'>): Promise<void> {
    const { store, sessionId, timeoutMs, keeper } = this.#options
    const { fencingToken } = lease
    await withDeadline(store.write(sessionId, changes, { ...options, fencingToken }), timeoutMs, () => {
      keeper.noteUncertain()
      return storeTimeout(sessionId, 'write', timeoutMs)
    })
  }
}

function restoredFromBackup(sessionId: string): SessionError {
  return new SessionError('RECORD_CORRUPT',
    `The saved credentials of session "${sessionId}" cannot be read, and the copy that the store keeps of them is used. They are written anew once WhatsApp has taken it.`, { sessionId })
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
export function credsFor(verdict: Extract<StartVerdict, { action: 'dial' | 'pair' }>, { stored, baileys }: Loaded): AuthenticationCreds {
  if (stored.kind !== 'readable') return baileys.initAuthCreds()
  if (verdict.action === 'dial') return decodeCreds(stored.text)
  if (stored.creds.kind === 'paired') return baileys.initAuthCreds()
  const { me: _me, account: _account, signalIdentities: _identities, ...identity } = decodeCreds(stored.text)
  return { ...identity, registered: false, pairingCode: undefined }
}
