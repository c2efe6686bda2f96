import { decodeLifecycle } from '../../../src/auth/lifecycle-record.js'
import { inspectStoredCreds } from '../../../src/auth/stored-session.js'

/** Names the identity of creds that are paired; `null` for everything else. */
export function pairedIdentity(creds: string | undefined): string | null {
  const stored = inspectStoredCreds(creds ?? '')
  return stored.kind === 'paired' ? stored.identity : null
}

/** Whether what is remembered says that this identity was logged out. */
export function isLoggedOut(identity: string, lifecycle: string | undefined): boolean {
  const remembered = decodeLifecycle(lifecycle ?? '')
  return remembered !== null && remembered.identity === identity && remembered.loggedOutAt !== null
}
