import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { encodeLifecycle, freshLifecycle, type Lifecycle } from '../../src/auth/lifecycle-record.js'
import { inspectStoredCreds } from '../../src/auth/stored-session.js'
import { CREDS_KEY, FileSystemSessionStore, LIFECYCLE_KEY, type RecordChange, type SessionStore } from '../../src/index.js'
import { pairedCreds } from '../../src/testing/index.js'

/** The number of the phone of every session here. */
export const PHONE = '4915112345678'
/** The same, as strangers see it. */
export const MASKED = '49•••••••••78'

/** A store of files that is closed when the test ends. */
export function fileStore(directory: string, prefix?: string): FileSystemSessionStore {
  const store = new FileSystemSessionStore({ directory, ...(prefix === undefined ? {} : { prefix }) })
  onTestFinished(() => store.close())
  return store
}

/** Some Signal keys, as they are stored. */
export function someKeys(count: number): RecordChange[] {
  return Array.from({ length: count }, (_, index) => ({ type: 'pre-key', id: String(index + 1), value: JSON.stringify({ secret: `canary-key-${index}` }) }))
}

/** Stores a session of a phone with three keys; resolves with the text of its credentials. */
export async function storePaired(store: SessionStore, sessionId: string, lifecycle: Partial<Lifecycle> = {}): Promise<string> {
  const creds = pairedCreds({ phone: PHONE })
  await storeCreds(store, sessionId, creds, lifecycle)
  return creds
}

/** Stores a session with these credentials and three keys. */
export async function storeCreds(store: SessionStore, sessionId: string, creds: string, lifecycle: Partial<Lifecycle> = {}): Promise<void> {
  const inspected = inspectStoredCreds(creds)
  const remembered = { ...freshLifecycle('identity' in inspected ? inspected.identity : null), ...lifecycle }
  const changes: RecordChange[] = [{ ...CREDS_KEY, value: creds }, ...someKeys(3)]
  if (Object.keys(lifecycle).length > 0) changes.push({ ...LIFECYCLE_KEY, value: encodeLifecycle(remembered) })
  await store.write(sessionId, changes)
}

/** Credentials with some of their fields changed. */
export function changedCreds(creds: string, changes: Record<string, unknown>): string {
  return JSON.stringify({ ...(JSON.parse(creds) as object), ...changes })
}

/** Everything under a path: names, kinds, modes, times and texts. Two that are equal mean that nothing was touched. */
export function snapshot(path: string): Record<string, string> {
  if (!existsSync(path)) return {}
  const found = lstatSync(path)
  const mode = (found.mode & 0o7777).toString(8)
  if (!found.isDirectory()) return { [path]: `${mode} ${found.mtimeMs} ${found.isFile() ? readFileSync(path, 'latin1') : 'link'}` }
  const entries = readdirSync(path).flatMap((name) => Object.entries(snapshot(join(path, name))))
  return Object.fromEntries([[path, `${mode} folder`], ...entries])
}
