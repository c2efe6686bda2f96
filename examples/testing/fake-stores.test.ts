import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { CREDS_KEY, MemoryConnectionRepository, MemorySessionStore, SessionError } from 'baileys-sessions'
import { FakeBaileys, pairedCreds } from 'baileys-sessions/testing'
import { startBot } from './bot.js'
import { troubledStore } from './troubled-store.js'

async function pairedStore(): Promise<MemorySessionStore> {
  const store = new MemorySessionStore()
  await store.write('company-1', [{ ...CREDS_KEY, value: pairedCreds({ phone: '5511912345678' }) }])
  return store
}

test('a deploy: the next process restores what the last one left', async () => {
  const [store, repository] = [await pairedStore(), new MemoryConnectionRepository()]
  await repository.save('company-1', { metadata: { company: 'Example' } })
  const baileys = new FakeBaileys({ onSocket: (socket) => socket.welcome() })

  const before = startBot({ store, repository, baileys })
  await before.connect('company-1')
  await before.close()
  assert.equal((await repository.find('company-1'))?.status, 'disconnected')

  await using after = startBot({ store, repository, baileys })
  const { restored } = await after.restoreAll()
  assert.deepEqual(
    restored.map(({ sessionId }) => sessionId),
    ['company-1'],
  )
  const { status, phoneNumber, metadata } = await after.getStatus('company-1')
  assert.deepEqual({ status, phoneNumber, metadata }, { status: 'connected', phoneNumber: '5511912345678', metadata: { company: 'Example' } })
})

const troubles = {
  fails: () => Promise.reject(new SessionError('STORE_UNAVAILABLE', 'The database is down.')),
  hangs: () => new Promise<void>(() => undefined),
}
for (const [name, trouble] of Object.entries(troubles)) {
  test(`a store that ${name} costs no session`, async () => {
    let isInTrouble = true
    const store = troubledStore(await pairedStore(), async () => {
      if (isInTrouble) await trouble()
    })
    const baileys = new FakeBaileys({ onSocket: (socket) => socket.welcome() })
    await using sessions = startBot({ store, baileys, storeTimeoutMs: 50, reconnect: { initialDelayMs: 10 }, retry: { initialDelayMs: 10 } })

    const { status, reason } = await sessions.connect('company-1')
    assert.deepEqual([status, reason, baileys.sockets.length], ['reconnecting', 'storage_unavailable', 0])
    isInTrouble = false
    await sessions.waitUntilConnected('company-1')
    assert.equal(sessions.getSocket('company-1')?.user?.id, '5511912345678:1@s.whatsapp.net')
  })
}

test('a store that is slow holds up nothing but the start', async () => {
  const store = troubledStore(await pairedStore(), () => setTimeout(20))
  const baileys = new FakeBaileys({ onSocket: (socket) => socket.welcome() })
  await using sessions = startBot({ store, baileys })
  assert.equal((await sessions.restoreSession('company-1')).outcome, 'restored')
})
