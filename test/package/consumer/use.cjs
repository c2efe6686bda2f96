const assert = require('node:assert/strict')
const api = require('baileys-sessions')
const testing = require('baileys-sessions/testing')

async function main() {
  const sessions = new api.SessionManager({ store: new api.MemorySessionStore(), baileys: new testing.FakeBaileys() })
  const { status, reason } = await sessions.getStatus('nobody')
  assert.deepEqual([status, reason], ['disconnected', 'never_paired'])
  await sessions.close()
  await assert.rejects(sessions.getStatus('nobody'), error => error instanceof api.SessionError && error.code === 'MANAGER_CLOSED')

  // What is loaded here in one format is judged by a suite of the same.
  const cases = [
    ...testing.sessionStoreContract(() => new api.MemorySessionStore()),
    ...testing.sessionLockContract(() => api.processLock()),
    ...testing.connectionRepositoryContract(() => new api.MemoryConnectionRepository()),
  ]
  assert.ok(cases.length > 50)
  for (const { run } of cases) await run()
  const [readCase] = testing.sessionStoreContract(() => Object.assign(new api.MemorySessionStore(), { read: async () => [{ type: 'creds', id: '', value: 'made up' }] }))
  await assert.rejects(readCase.run(), { code: 'ERR_ASSERTION', message: /^This part of the contract is broken: "leave absent records out of what `read` resolves with/ })

  // Loads the real Baileys, in both formats.
  const server = await testing.WhatsAppServer.start()
  await server.close()
  console.log('ok')
}

main()
