import { readStoredText } from '../encryption/envelope.js'
import { CREDS_KEY, type SessionStore } from '../store/session-store.js'

/** How many sessions stand for all: a store is encrypted as a whole, or is on its way there. */
const SAMPLE = 20

/** Whether the credentials of a session are encrypted. What cannot be read is not. */
async function holdsSealedCreds(store: SessionStore, sessionId: string): Promise<boolean> {
  const [creds] = await store.read(sessionId, [CREDS_KEY]).catch(() => [])
  return creds !== undefined && readStoredText(creds.value).kind === 'sealed'
}

/** Whether a store looks encrypted. */
export async function someSealedSession(store: SessionStore): Promise<boolean> {
  let looked = 0
  for await (const sessionId of store.list()) {
    if (await holdsSealedCreds(store, sessionId)) return true
    looked += 1
    if (looked === SAMPLE) break
  }
  return false
}
