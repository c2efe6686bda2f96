import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, mock, test } from 'node:test'
import { CREDS_KEY, FileSystemSessionStore, MemorySessionStore, SessionError, SessionManager, type SessionStore } from 'baileys-sessions'
import { FakeBaileys, pairedCreds } from 'baileys-sessions/testing'
import { Registry } from 'prom-client'
import { metricValue } from './metric-value.js'
import { observeSessions } from './session-metrics.js'
import { sessionsInNeed } from './sessions-in-need.js'

interface Observed extends AsyncDisposable {
  sessions: SessionManager
  baileys: FakeBaileys
  value: (name: string, labels?: Record<string, string>) => Promise<number | undefined>
}

function observe(store: SessionStore = new MemorySessionStore()): Observed {
  const registry = new Registry()
  const baileys = new FakeBaileys({ onSocket: (socket) => socket.welcome() })
  const sessions = new SessionManager({ store, baileys, storeTimeoutMs: 500, reconnect: { initialDelayMs: 10 }, restore: { delayMs: 0 } })
  observeSessions(sessions, registry)
  return {
    sessions,
    baileys,
    value: (name, labels) => metricValue(registry, name, labels),
    async [Symbol.asyncDispose]() {
      await sessions.close()
    },
  }
}

async function storeWith(...sessionIds: string[]): Promise<MemorySessionStore> {
  const store = new MemorySessionStore()
  for (const sessionId of sessionIds) await store.write(sessionId, [{ ...CREDS_KEY, value: pairedCreds() }])
  return store
}

async function countsOf({ value }: Observed): Promise<Record<string, number | undefined>> {
  const statuses = ['disconnected', 'connecting', 'pairing', 'connected', 'reconnecting', 'logged_out', 'failed']
  const counts = await Promise.all(statuses.map(async (status) => [status, await value('whatsapp_sessions', { status })] as const))
  return Object.fromEntries(counts.filter(([, count]) => count !== 0))
}

/** The check that a scrape started is over when one that started later is. */
async function looked({ sessions }: Observed): Promise<void> {
  await sessions.getStatuses()
}

afterEach(() => {
  mock.restoreAll()
})

test('sessions are counted by status, from the first look on', async () => {
  const store = await storeWith('company-1', 'company-2', 'company-3')
  await store.write('company-3', [{ ...CREDS_KEY, value: '{' }])
  await using observed = observe(store)
  await looked(observed)
  assert.deepEqual(await countsOf(observed), { disconnected: 2, failed: 1 })
  await observed.sessions.restoreAll()
  assert.deepEqual(await countsOf(observed), { connected: 2, failed: 1 })
  await observed.sessions.stop('company-1')
  assert.deepEqual(await countsOf(observed), { connected: 1, disconnected: 1, failed: 1 })
})

test('what rested before this process began is counted after a restart too', async () => {
  const store = await storeWith('company-1')
  const before = observe(store)
  await before.sessions.connect('company-1')
  const loggedOut = new Promise((resolve) => {
    before.sessions.once('logged-out', resolve)
  })
  await before.baileys.lastSocket?.close(401)
  await loggedOut
  assert.deepEqual(await countsOf(before), { logged_out: 1 })
  await before.sessions.close()

  await using after = observe(store)
  await after.sessions.restoreAll()
  assert.deepEqual(await countsOf(after), { logged_out: 1 })
  const inNeed = await sessionsInNeed(after.sessions)
  assert.deepEqual(
    inNeed.map(({ sessionId, status, reason }) => [sessionId, status, reason]),
    [['company-1', 'logged_out', 'logged_out']],
  )
})

test('a session that was deleted is counted no more, whoever deleted it', async () => {
  const store = await storeWith('company-1', 'company-2')
  await using observed = observe(store)
  await looked(observed)
  await observed.sessions.delete('company-1')
  assert.deepEqual(await countsOf(observed), { disconnected: 1 })

  await store.delete('company-2')
  const now = performance.now()
  mock.method(performance, 'now', () => now + 60_000)
  await countsOf(observed) // a scrape starts the next check, and does not wait for it
  await looked(observed)
  assert.deepEqual(await countsOf(observed), {})
})

test('a session that another process runs is counted there', async () => {
  const store = await storeWith('company-1')
  await using elsewhere = observe(store)
  await elsewhere.sessions.connect('company-1')
  await using observed = observe(store)
  await observed.sessions.restoreAll()
  assert.deepEqual([await countsOf(elsewhere), await countsOf(observed)], [{ connected: 1 }, {}])
})

test('a change during a look counts, not what the look saw before it', async () => {
  const store = await storeWith('company-1', 'company-2', 'company-3')
  const read = store.read.bind(store)
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  mock.method(store, 'read', async (...[sessionId, keys]: Parameters<typeof read>) => {
    if (sessionId === 'company-3') await released
    return read(sessionId, keys)
  })
  await using observed = observe(store)
  const { sessions } = observed
  for (const sessionId of ['company-1', 'company-2']) await sessions.getStatus(sessionId, { restore: false }) // the check saw them, too
  await sessions.connect('company-1')
  await sessions.delete('company-2')
  release()
  await looked(observed)
  assert.deepEqual(await countsOf(observed), { connected: 1, disconnected: 1 })
})

const troubles = {
  fails: () => Promise.reject(new SessionError('STORE_UNAVAILABLE', 'It is down.')),
  hangs: () => new Promise<void>(() => undefined),
}
for (const [name, trouble] of Object.entries(troubles)) {
  test(`a store that ${name} holds up no scrape, and is counted as an error`, async () => {
    const store = await storeWith('company-1')
    // eslint-disable-next-line require-yield
    mock.method(store, 'list', async function* () {
      await trouble()
    })
    await using observed = observe(store)
    await observed.sessions.connect('company-1')
    assert.deepEqual(await countsOf(observed), { connected: 1 })
    await assert.rejects(looked(observed))
    const [failed, late] = await Promise.all(['STORE_UNAVAILABLE', 'STORE_TIMEOUT'].map((code) => observed.value('whatsapp_session_errors_total', { code })))
    assert.equal(failed ?? late, 1)
  })
}

test('losses are counted by cause, and returns by the cause of the first loss', async () => {
  await using observed = observe(await storeWith('company-1'))
  const { sessions, baileys, value } = observed
  await sessions.connect('company-1')
  baileys.failNext(new Error('It cannot be dialled.'))
  await baileys.lastSocket?.close(503)
  await sessions.waitUntilConnected('company-1')
  const numbers = async (cause: string): Promise<unknown[]> => [
    await value('whatsapp_session_disconnects_total', { cause }),
    await value('whatsapp_session_reconnects_total', { cause }),
  ]
  assert.deepEqual(await numbers('server_unavailable'), [1, 1])
  assert.deepEqual(await numbers('socket_failed'), [1, 0])
  assert.deepEqual(await numbers('logged_out'), [0, 0])

  await baileys.lastSocket?.close(428)
  await sessions.stop('company-1')
  await sessions.connect('company-1')
  await sessions.waitUntilConnected('company-1')
  assert.deepEqual(await numbers('connection_closed'), [1, 0])
})

test('restores are measured by outcome', async () => {
  const store = await storeWith('company-1', 'company-2')
  await store.write('company-2', [{ ...CREDS_KEY, value: '{' }])
  await using observed = observe(store)
  let durationMs = 0
  observed.sessions.on('restored', (result) => {
    if (result.outcome === 'restored') durationMs += result.durationMs
  })
  await observed.sessions.restoreAll()
  assert.equal(await observed.value('whatsapp_session_restore_duration_seconds_sum', { outcome: 'restored' }), durationMs / 1000)
  const count = (outcome: string): Promise<number | undefined> => observed.value('whatsapp_session_restore_duration_seconds_count', { outcome })
  assert.deepEqual([await count('restored'), await count('failed'), await count('retrying')], [1, 1, 0])
  const [result] = (await observed.sessions.restoreAll()).skipped
  assert.equal(result?.outcome, 'already_connected')
  assert.equal(await count('already_connected'), 1)
})

test('QR codes, pairing codes and pairings are counted', async () => {
  await using observed = observe()
  const { sessions, baileys, value } = observed
  await sessions.connect('company-1')
  await sessions.requestPairingCode('company-1', '5511912345678')
  baileys.lastSocket?.pairSuccess({ phone: '5511912345678' })
  await baileys.lastSocket?.close(515)
  await sessions.waitUntilConnected('company-1')
  assert.deepEqual(
    [await value('whatsapp_session_qr_codes_total'), await value('whatsapp_session_pairing_codes_total'), await value('whatsapp_session_pairings_total')],
    [1, 1, 1],
  )
  await baileys.lastSocket?.close(428)
  await sessions.waitUntilConnected('company-1')
  assert.equal(await value('whatsapp_session_pairings_total'), 1)
})

test('errors are counted by code', async () => {
  await using observed = observe(await storeWith('company-1'))
  observed.sessions.on('connected', () => {
    throw new Error('A listener of the application fails.')
  })
  await observed.sessions.connect('company-1')
  assert.equal(await observed.value('whatsapp_session_errors_total', { code: 'LISTENER_FAILED' }), 1)
})

test('credentials that came from the copy of the store are counted', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'observability-'))
  const store = new FileSystemSessionStore({ directory })
  await store.write('company-1', [{ ...CREDS_KEY, value: pairedCreds() }])
  await store.write('company-1', [{ ...CREDS_KEY, value: pairedCreds() }])
  writeFileSync(join(directory, 'session-company-1', 'creds.json'), '{')
  {
    await using observed = observe(store)
    await observed.sessions.connect('company-1')
    assert.equal(await observed.value('whatsapp_session_creds_restored_total'), 1)
  }
  await store.close()
  rmSync(directory, { recursive: true })
})

test('no label is a session id', async () => {
  const registry = new Registry()
  await using sessions = new SessionManager({ store: await storeWith('company-1'), baileys: new FakeBaileys({ onSocket: (socket) => socket.welcome() }) })
  observeSessions(sessions, registry)
  await sessions.connect('company-1')
  assert.doesNotMatch(await registry.metrics(), /company-1/u)
})
