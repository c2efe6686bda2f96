const assert = require('node:assert/strict')
const api = require('baileys-sessions')
const testing = require('baileys-sessions/testing')

async function main() {
  const sessions = new api.SessionManager({ store: new api.MemorySessionStore(), baileys: new testing.FakeBaileys() })
  const { status, reason } = await sessions.getStatus('nobody')
  assert.deepEqual([status, reason], ['disconnected', 'never_paired'])
  await sessions.close()
  await assert.rejects(sessions.getStatus('nobody'), error => error instanceof api.SessionError && error.code === 'MANAGER_CLOSED')

  // Loads the real Baileys, in both formats.
  const server = await testing.WhatsAppServer.start()
  await server.close()
  console.log('ok')
}

main()
