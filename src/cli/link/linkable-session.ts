import { readStoredSession, type StoredSession } from '../../auth/stored-session.js'
import { isSessionError } from '../../errors.js'
import { CREDS_KEY, LIFECYCLE_KEY, type SessionStore } from '../../store/session-store.js'
import { findRealSession, findSimulatedSession } from '../../testing/simulated-sessions.js'
import { CommandError } from '../command-environment.js'
import { findForeignFolder, findMisnomer } from '../misnamed-store.js'
import { listSessions, READ_TIMEOUT_MS, type StoreView } from '../store-view.js'
import { holdsSealedSession } from '../sealed-sessions.js'
import type { StoreName } from '../store-name.js'
import { maskNumber } from '../terminal-text.js'

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
export type LinkedSession = Extract<StoredSession, { kind: 'readable' }> & { readonly creds: { readonly kind: 'paired' } }

/** Whether a phone is linked to it. */
export function isLinkedSession(stored: StoredSession): stored is LinkedSession {
  return stored.kind === 'readable' && stored.creds.kind === 'paired' && stored.lifecycle.loggedOutAt === null
}

/** Rejects with a `CommandError` when a phone cannot or should not be linked there. Changes nothing. */
export async function requireLinkable(place: LinkPlace): Promise<void> {
  const { name, view: { raw }, sessionId } = place
  const sessionIds = await listSessions(raw)
  const misnomer = await findMisnomer(name, sessionIds.length > 0)
  if (misnomer !== null) throw new CommandError(misnomer.message)
  const owner = await raw.lock.owner(sessionId)
  if (owner !== null) throw new CommandError(`Session "${sessionId}" is run by ${owner}. Stop it there first.`)
  await requireOneKind(place)
  await requireKeys(place, sessionIds)
  await requireUnlinked(place)
}

/** A simulated WhatsApp knows no real device, and WhatsApp knows no simulated one. */
async function requireOneKind({ name, view: { raw }, isSimulated }: LinkPlace): Promise<void> {
  const other = isSimulated ? await findRealSession(raw) : await findSimulatedSession(raw)
  if (other === null) return
  throw new CommandError(isSimulated
    ? `${name.text} holds "${other}", which is no simulated session. Name another store for the simulation.`
    : `${name.text} holds "${other}", which was linked with --simulated and means nothing to WhatsApp. Name another store, or delete it first.`)
}

/** The application has one set of keys for the whole store: with others, or without any, it could not read this session or those. */
async function requireKeys({ name, view: { raw, open, currentKeyId } }: LinkPlace, sessionIds: readonly string[]): Promise<void> {
  if (currentKeyId === null) {
    if (await holdsSealedSession(raw)) throw new CommandError(`${name.text} is encrypted: name its keys with --key-file.`)
    return
  }
  for (const sessionId of sessionIds) {
    const isOther = await open.read(sessionId, [CREDS_KEY]).then(() => false, (error: unknown) => isSessionError(error, 'WRONG_KEY'))
    if (isOther) throw new CommandError(`The keys of --key-file do not open "${sessionId}", which is in ${name.text}, too. Name the keys of the application.`)
  }
}

async function requireUnlinked({ name, view: { open }, sessionId }: LinkPlace): Promise<void> {
  const stored = await readStoredSession(open, sessionId, READ_TIMEOUT_MS)
  if ('error' in stored) throw stored.error
  const foreign = await findForeignFolder(name, open, sessionId)
  if (foreign !== null) throw new CommandError(foreign.reason)
  if (!isLinkedSession(stored)) return
  throw new CommandError(`Session "${sessionId}" is already linked, to ${maskNumber(stored.creds.phoneNumber)}. Nothing was changed. To link another phone, log it out or delete it first.`)
}

/** What was stored of a session before it was to be linked. */
export interface RecordBefore {
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
