import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { CREDS_KEY, MemorySessionStore } from 'baileys-sessions'
import { FakeBaileys, pairedCreds } from 'baileys-sessions/testing'
import { startBot } from './bot.js'

/** Lets time pass in small steps, and lets everything happen that is due. */
async function pass(durationMs: number): Promise<void> {
  for (let passed = 0; passed < durationMs; passed += 10) {
    mock.timers.tick(10)
    await setImmediate()
  }
}

test('an outage of a minute is waited out: 1 s, 2 s, 4 s, ...', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] })
  const store = new MemorySessionStore()
  await store.write('company-1', [{ ...CREDS_KEY, value: pairedCreds() }])
  const outage = { ends: Date.now() + 60_000 }
  const dials: number[] = []
  const baileys = new FakeBaileys({
    onSocket: (socket) => {
      dials.push(Math.round(Date.now() / 1000))
      if (Date.now() < outage.ends) void socket.close(503)
      else socket.welcome()
    },
  })
  // Without jitter, the delays are exact.
  const sessions = startBot({ store, baileys, retry: { jitter: 'none' }, reconnect: { jitter: 'none' } })
  const restoring = sessions.restoreSession('company-1')

  await pass(10_000)
  assert.equal((await restoring).outcome, 'retrying')
  assert.equal((await sessions.getStatus('company-1')).reason, 'retries_exhausted')
  await pass(60_000)
  assert.equal((await sessions.getStatus('company-1')).status, 'connected')
  assert.deepEqual(
    dials.slice(1).map((dial, index) => dial - (dials[index] ?? 0)),
    [1, 2, 4, 8, 16, 32],
  )

  const closing = sessions.close()
  await pass(1000)
  await closing
  mock.timers.reset()
})
