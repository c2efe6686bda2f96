import { encodeLifecycle, freshLifecycle } from '../../src/auth/lifecycle-record.js'
import { inspectStoredCreds } from '../../src/auth/stored-session.js'
import { CREDS_KEY, FileSystemSessionStore, LIFECYCLE_KEY, type RecordChange } from '../../src/index.js'
import { pairedCreds } from '../../src/testing/index.js'

// Runs the session "a", which was stopped a moment ago, and "b", which has nothing but keys, and is killed while their last writes are in
// their journals alone.

const store = new FileSystemSessionStore({ directory: process.argv[2] ?? '' })
const key = (id: number): RecordChange => ({ type: 'pre-key', id: String(id), value: JSON.stringify({ secret: `canary-key-${id}` }) })
const creds = { ...CREDS_KEY, value: pairedCreds({ phone: '4915112345678' }) }
const inspected = inspectStoredCreds(creds.value)
const lifecycle = encodeLifecycle({ ...freshLifecycle('identity' in inspected ? inspected.identity : null), desired: 'stopped' })

for (const [sessionId, first, last] of [
  ['a', [creds, key(1)], [creds, key(2), { ...LIFECYCLE_KEY, value: lifecycle }]],
  ['b', [], [key(1)]],
] as const) {
  const lease = await store.lock.acquire(sessionId)
  if (lease === null) throw new Error('it is held')
  if (first.length > 0) await store.write(sessionId, first, lease)
  await store.write(sessionId, last, lease)
}
process.stdout.write('"written"\n', () => process.kill(process.pid, 'SIGKILL'))
