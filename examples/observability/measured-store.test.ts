import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import { MemorySessionStore, SessionError, type SessionStore } from 'baileys-sessions'
import { sessionLockContract, sessionStoreContract } from 'baileys-sessions/testing'
import { Registry } from 'prom-client'
import { measureStore } from './measured-store.js'
import { metricValue } from './metric-value.js'

const CALLS = ['list', 'records', 'read', 'write', 'delete', 'close', 'acquire', 'owner', 'release']

describe('a measured store', () => {
  for (const { name, run } of sessionStoreContract(() => measureStore(new MemorySessionStore(), new Registry()))) it(name, run)
})

describe('the lock of a measured store', () => {
  for (const { name, run } of sessionLockContract(() => measureStore(new MemorySessionStore(), new Registry()).lock)) it(name, run)
})

/** Every call that a store accepts. */
async function callAll(store: SessionStore): Promise<void> {
  const key = { type: 'creds', id: '' }
  const lease = await store.lock.acquire('company-1')
  await store.lock.owner('company-1')
  await store.write('company-1', [{ ...key, value: '{}' }], lease === null ? {} : { fencingToken: lease.fencingToken })
  await lease?.release()
  await store.read('company-1', [key])
  for await (const _sessionId of store.list());
  for await (const _key of store.records('company-1'));
  await store.delete('company-1')
  await store.close()
}

describe('what is measured', () => {
  it('has one measurement of each call, and no failure', async () => {
    const registry = new Registry()
    await callAll(measureStore(new MemorySessionStore(), registry))
    for (const call of CALLS) {
      assert.equal(await metricValue(registry, 'whatsapp_store_call_duration_seconds_count', { call }), 1, call)
      assert.equal(await metricValue(registry, 'whatsapp_store_call_failures_total', { call, code: 'STORE_UNAVAILABLE' }), 0, call)
    }
  })

  it("hands on a lease as it is, and nobody's as nobody's", async () => {
    const inner = new MemorySessionStore()
    const given = { owner: 'somebody', fencingToken: 7, lost: AbortSignal.abort(), release: mock.fn(async () => undefined) }
    mock.method(inner.lock, 'acquire', async () => given, { times: 1 })
    const { lock } = measureStore(inner, new Registry())
    const lease = await lock.acquire('company-1')
    await lease?.release()
    assert.deepEqual([lease?.owner, lease?.fencingToken, lease?.lost, given.release.mock.callCount()], ['somebody', 7, given.lost, 1])
    await lock.acquire('company-1')
    assert.equal(await lock.acquire('company-1'), null)
  })

  it('counts a failure by its code, or as another, and hands it on', async () => {
    const registry = new Registry()
    const inner = new MemorySessionStore()
    const store = measureStore(inner, registry)
    const [down, odd] = [new SessionError('STORE_UNAVAILABLE', 'It is down.'), new Error('What an engine says.')]
    mock.method(inner, 'read', () => Promise.reject(down))
    mock.method(inner.lock, 'acquire', () => Promise.reject(odd))
    // eslint-disable-next-line require-yield
    mock.method(inner, 'list', async function* () {
      throw down
    })
    await assert.rejects(store.read('company-1', []), down)
    await assert.rejects(store.lock.acquire('company-1'), odd)
    await assert.rejects(async () => {
      for await (const _sessionId of store.list());
    }, down)
    const failures = (call: string, code: string): Promise<number | undefined> => metricValue(registry, 'whatsapp_store_call_failures_total', { call, code })
    assert.deepEqual(await Promise.all([failures('read', 'STORE_UNAVAILABLE'), failures('acquire', 'OTHER'), failures('list', 'STORE_UNAVAILABLE')]), [1, 1, 1])
    assert.equal(await metricValue(registry, 'whatsapp_store_call_duration_seconds_count', { call: 'read' }), 1)
  })

  it('measures the store, and not what its caller does between two items', async () => {
    const registry = new Registry()
    const inner = new MemorySessionStore()
    let nowMs = 0
    mock.method(performance, 'now', () => nowMs)
    let isLetGo = false
    mock.method(inner, 'list', async function* () {
      try {
        for (const sessionId of ['company-1', 'company-2', 'company-3']) {
          nowMs += 2000
          yield sessionId
        }
      } finally {
        isLetGo = true
      }
    })
    for await (const sessionId of measureStore(inner, registry).list()) {
      nowMs += 60_000
      if (sessionId === 'company-2') break
    }
    mock.restoreAll()
    assert.ok(isLetGo)
    assert.equal(await metricValue(registry, 'whatsapp_store_call_duration_seconds_sum', { call: 'list' }), 4)
  })
})
