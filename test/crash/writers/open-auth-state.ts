import { decodeCreds } from '../../../src/auth/auth-codec.js'
import { AuthState } from '../../../src/auth/auth-state.js'
import { readStoredSession } from '../../../src/auth/stored-session.js'
import type { SessionStore } from '../../../src/store/session-store.js'
import { FakeBaileys } from '../../../src/testing/fake-baileys.js'
import type { AuthUnderTest } from './auth-under-test.js'

const SESSION_ID = 'shop'
const TIMEOUT_MS = 20_000

/** Opens the session of a store as a manager does: under its lease, and with a new identity only when nothing is stored. */
export async function openAuthState(store: SessionStore): Promise<AuthUnderTest> {
  const lease = await store.lock.acquire(SESSION_ID)
  if (lease === null) throw new Error(`The session is still owned by ${String(await store.lock.owner(SESSION_ID))}, which was killed.`)
  const stored = await readStoredSession(store, SESSION_ID, TIMEOUT_MS)
  if (stored.kind !== 'absent' && stored.kind !== 'readable' && stored.kind !== 'corrupt') throw stored.error
  const isReadable = stored.kind === 'readable'
  const baileys = new FakeBaileys()
  const auth = new AuthState({
    sessionId: SESSION_ID,
    store,
    baileys,
    fencingToken: lease.fencingToken,
    timeoutMs: TIMEOUT_MS,
    creds: isReadable ? decodeCreds(stored.text) : baileys.initAuthCreds(),
    storedText: isReadable ? stored.text : null,
    onFailure: (error) => {
      throw error
    },
    onProblem: (error) => {
      throw error
    },
  })
  const { creds, keys } = auth.authenticationState
  return {
    creds,
    problem: stored.kind === 'corrupt' ? stored.error.message : null,
    getKeys: async (type, ids) => keys.get(type, ids),
    setKeys: async (data) => keys.set(data),
    saveCreds: () => auth.saveCreds(),
    reopen: async () => {
      await lease.release()
      return openAuthState(store)
    },
  }
}
