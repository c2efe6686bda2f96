import assert from 'node:assert/strict'
import * as api from 'baileys-sessions'
import * as testing from 'baileys-sessions/testing'
import * as sqlite from 'baileys-sessions/sqlite'

const sessions = new api.SessionManager({ store: new api.MemorySessionStore(), baileys: new testing.FakeBaileys() })
const { status, reason } = await sessions.getStatus('nobody')
assert.deepEqual([status, reason], ['disconnected', 'never_paired'])
await sessions.close()
await assert.rejects(sessions.getStatus('nobody'), (error) => error instanceof api.SessionError && error.code === 'MANAGER_CLOSED')

// What is loaded here in one format is judged by a suite of the same.
const cases = [
  ...testing.sessionStoreContract(() => new api.MemorySessionStore()),
  ...testing.sessionLockContract(() => api.processLock()),
  ...testing.lockClusterContract(() => api.processLock()),
  ...testing.connectionRepositoryContract(() => new api.MemoryConnectionRepository()),
]
assert.ok(cases.length > 50)
for (const { run } of cases) await run()
const [readCase] = testing.sessionStoreContract(() =>
  Object.assign(new api.MemorySessionStore(), { read: async () => [{ type: 'creds', id: '', value: 'made up' }] }),
)
await assert.rejects(readCase.run(), {
  code: 'ERR_ASSERTION',
  message: /^This part of the contract is broken: "leave absent records out of what `read` resolves with/,
})

// Whichever driver is installed; the error class is that of the main entry.
const database = await sqlite.openSqliteDatabase(':memory:')
const store = new sqlite.SqliteSessionStore({ database })
await store.write('a', [{ ...api.CREDS_KEY, value: 'c' }])
assert.deepEqual(await store.read('a', [api.CREDS_KEY]), [{ type: 'creds', id: '', value: 'c' }])
assert.equal(await new sqlite.SqliteConnectionRepository({ database }).find('a'), null)
await store.close()
database.close()
await assert.rejects(store.read('a', []), (error) => error instanceof api.SessionError && error.code === 'STORE_UNAVAILABLE')
assert.throws(() => new sqlite.SqliteSessionStore({ database: {} }), TypeError)

// Loads the real Baileys, in both formats.
const server = await testing.WhatsAppServer.start()
await server.close()
console.log('ok')
