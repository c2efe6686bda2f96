import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  copySessions,
  CREDS_KEY,
  encrypted,
  FileSystemSessionStore,
  LIFECYCLE_KEY,
  MemorySessionStore,
  SessionError,
  type SessionStore,
} from '../../../src/index.js'
import { openSqliteDatabase, SqliteSessionStore } from '../../../src/sqlite.js'
import { findRealSession, findSimulatedSession, pairedCreds, simulated, SIMULATION_KEY } from '../../../src/testing/index.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const KEYS = { currentKeyId: 'a', keys: { a: Buffer.alloc(32, 7) } }
const PAIRING = [
  { ...CREDS_KEY, value: pairedCreds({ phone: '4915112345678' }) },
  { type: 'pre-key', id: '1', value: '{}' },
]

const ENGINES: readonly (readonly [name: string, open: () => Promise<SessionStore>])[] = [
  ['memory', () => Promise.resolve(new MemorySessionStore())],
  ['files', () => Promise.resolve(new FileSystemSessionStore({ directory: join(temporaryFolder(), 'sessions') }))],
  ['SQLite', async () => new SqliteSessionStore({ database: await openSqliteDatabase(join(temporaryFolder(), 'sessions.db')) })],
]

/** It is closed when the test ends. */
async function opened(open: () => Promise<SessionStore>): Promise<SessionStore> {
  const store = await open()
  onTestFinished(() => store.close())
  return store
}

async function keysOf(store: SessionStore, sessionId: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { type, id } of store.records(sessionId)) keys.push(`${type} ${id}`.trim())
  return keys.sort()
}

describe.each(ENGINES)('sessions in %s', (_name, open) => {
  it('are marked in the write that stores their pairing, and stay so', async () => {
    const store = await opened(open)
    const view = simulated(store)
    await view.write('demo', [{ ...LIFECYCLE_KEY, value: '{}' }])
    expect(await findSimulatedSession(store)).toBeNull()
    await view.write('demo', PAIRING, { replaceAll: true })
    expect(await keysOf(store, 'demo')).toEqual(['creds', 'pre-key 1', `${SIMULATION_KEY.type} ${SIMULATION_KEY.id}`])
    await view.write('demo', [{ ...CREDS_KEY, value: pairedCreds({ phone: '4915112345678' }) }])
    expect([await findSimulatedSession(store), await findRealSession(store)]).toEqual(['demo', null])

    const copy = new MemorySessionStore()
    expect((await copySessions(store, copy)).copied).toEqual(['demo'])
    expect(await findSimulatedSession(copy)).toBe('demo')

    // Linked again, for real.
    await store.write('demo', PAIRING, { replaceAll: true })
    expect([await findSimulatedSession(store), await findRealSession(store)]).toEqual([null, 'demo'])
    await view.delete('demo')
    expect([await findSimulatedSession(store), await findRealSession(store)]).toEqual([null, null])
  })

  it('are marked under encryption too, for whoever has no key', async () => {
    const store = await opened(open)
    await simulated(encrypted(store, KEYS)).write('demo', PAIRING, { replaceAll: true })
    expect([await findSimulatedSession(store), await findRealSession(store)]).toEqual(['demo', null])
    const [marker] = await store.read('demo', [SIMULATION_KEY])
    expect(marker?.value).not.toContain('version":1}')
  })
})

it('a session that cannot be read counts as real', async () => {
  class BrokenStore extends MemorySessionStore {
    override read(sessionId: string): Promise<never> {
      return Promise.reject(new SessionError('RECORD_CORRUPT', 'It is broken.', { sessionId }))
    }
  }
  const store = new BrokenStore()
  await simulated(store).write('demo', PAIRING, { replaceAll: true })
  expect([await findSimulatedSession(store), await findRealSession(store)]).toEqual([null, 'demo'])
})
