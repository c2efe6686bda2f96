import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { CREDS_KEY, FileSystemSessionStore, SessionManager, type ClusterOptions } from 'baileys-sessions'
import { FakeBaileys, pairedCreds } from 'baileys-sessions/testing'
import { Registry } from 'prom-client'
import { observeCluster } from './cluster-metrics.js'
import { metricValue } from './metric-value.js'

interface Observed extends AsyncDisposable {
  sessions: SessionManager
  registry: Registry
  /** Members that are open and that drain, own sessions and capacity, moves in and out. */
  numbers: () => Promise<unknown[]>
}

/** One of several processes that share a folder. */
function observe(directory: string, cluster: ClusterOptions = {}): Observed {
  const registry = new Registry()
  const store = new FileSystemSessionStore({ directory })
  const baileys = new FakeBaileys({ onSocket: (socket) => socket.welcome() })
  const sessions = new SessionManager({ store, baileys, cluster, restore: { delayMs: 0 } })
  observeCluster(sessions, registry)
  const numbers = (): Promise<unknown[]> =>
    Promise.all([
      metricValue(registry, 'whatsapp_cluster_members', { state: 'open' }),
      metricValue(registry, 'whatsapp_cluster_members', { state: 'draining' }),
      metricValue(registry, 'whatsapp_cluster_sessions'),
      metricValue(registry, 'whatsapp_cluster_capacity'),
      metricValue(registry, 'whatsapp_cluster_moves_total', { direction: 'in' }),
      metricValue(registry, 'whatsapp_cluster_moves_total', { direction: 'out' }),
    ])
  return {
    sessions,
    registry,
    numbers,
    async [Symbol.asyncDispose]() {
      await sessions.close()
      await store.close()
    },
  }
}

async function folderWith(...sessionIds: string[]): Promise<Disposable & { directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'observability-'))
  const store = new FileSystemSessionStore({ directory })
  for (const sessionId of sessionIds) await store.write(sessionId, [{ ...CREDS_KEY, value: pairedCreds() }])
  await store.close()
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) }
}

/** Each scrape starts a look, and shows what an earlier one saw. */
async function until({ numbers }: Observed, expected: unknown[]): Promise<void> {
  for (let patience = 200; patience > 0; patience--) {
    if (JSON.stringify(await numbers()) === JSON.stringify(expected)) return
    await delay(50)
  }
  assert.deepEqual(await numbers(), expected)
}

test('each process tells how many there are, what it runs, and what moved', async () => {
  using folder = await folderWith('company-1', 'company-2')
  await using stays = observe(folder.directory, { maxSessions: 5 })
  {
    await using leaves = observe(folder.directory)
    await leaves.sessions.restoreAll()
    await until(leaves, [2, 0, 2, Infinity, 0, 0])
    await stays.sessions.restoreAll()
    await until(stays, [2, 0, 0, 5, 0, 0])

    await leaves.sessions.drain()
    await until(leaves, [1, 1, 0, Infinity, 0, 2])
    await until(stays, [1, 1, 2, 5, 2, 0])
  }
  await until(stays, [1, 0, 2, 5, 2, 0])
  assert.doesNotMatch(await stays.registry.metrics(), /company-/u)
})

test('a session that was stopped here and is started elsewhere has not moved', async () => {
  using folder = await folderWith('company-1')
  await using here = observe(folder.directory)
  await using there = observe(folder.directory)
  await here.sessions.connect('company-1')
  await until(here, [2, 0, 1, Infinity, 0, 0])
  await here.sessions.stop('company-1')
  const told = new Promise<void>((resolve) => {
    here.sessions.on('status', ({ isLocal }) => {
      if (!isLocal) resolve()
    })
  })
  await there.sessions.connect('company-1')
  await told
  await until(there, [2, 0, 1, Infinity, 0, 0])
  await until(here, [2, 0, 0, Infinity, 0, 0])
})

test('there are no members while nobody can be asked', async () => {
  using folder = await folderWith()
  const observed = observe(folder.directory)
  await until(observed, [1, 0, 0, Infinity, 0, 0])
  await observed[Symbol.asyncDispose]()
  await until(observed, [0, 0, 0, 0, 0, 0])
})
