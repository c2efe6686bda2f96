import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import * as baileys from '@whiskeysockets/baileys'
import { MemorySessionStore, quietLibsignal } from '../../src/index.js'
import { collectGarbage } from '../../test/support/garbage.js'
import { answerParent } from '../answer-parent.js'
import { bareFleet, storedAuth } from '../fleet/bare-fleet.js'
import { type KnownSessions, sessionIds, storeCreds } from '../fleet/known-sessions.js'
import { libraryFleet } from '../fleet/library-fleet.js'
import type { ClientOrder, ClientResult } from './orders.js'

quietLibsignal()

/** After a login Baileys asks for this and that; it is done with that by then. */
const SETTLE_MS = 2000
const LAG_RESOLUTION_MS = 10
const THENS = 20_000

answerParent(work)

async function work(order: ClientOrder): Promise<ClientResult> {
  baileys.WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(order.rootPublicKey)
  const fleet = await makeFleet(order)
  await delay(500)
  await collectGarbage()
  const emptyRss = process.memoryUsage.rss()
  const opening = await measureOpening(fleet, order)
  const idleCpuPercent = await measureIdle(order.idleMs)
  const rssKiBPerSession = kiBSince(emptyRss, order)
  await collectGarbage()
  const keptKiBPerSession = kiBSince(emptyRss, order)
  const thenMicroseconds = await measureThen()
  const statusesPerSecond = await fleet.statusesPerSecond()
  const open = fleet.opened
  await fleet.close()
  return {
    setup: order.setup,
    sessions: order.creds.length,
    open,
    ...opening,
    rssKiBPerSession,
    keptKiBPerSession,
    idleCpuPercent,
    thenMicroseconds,
    statusesPerSecond,
  }
}

/** The same sessions, in the same kind of store. */
async function makeFleet({ setup, creds, ...order }: ClientOrder): Promise<KnownSessions> {
  const store = new MemorySessionStore()
  const options = { ...order, sessionIds: sessionIds(creds.length) }
  await storeCreds(store, options.sessionIds, creds)
  return setup === 'library'
    ? libraryFleet(baileys, { ...options, store })
    : bareFleet(baileys, { ...options, isStorageShared: setup === 'bare', authOf: (sessionId) => storedAuth(baileys, store, sessionId) })
}

type Opening = Pick<ClientResult, 'openMs' | 'cpuMsPerSession' | 'worstLagMs'>

async function measureOpening(fleet: KnownSessions, { creds, patienceMs }: ClientOrder): Promise<Opening> {
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS })
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  lag.enable()
  await Promise.race([fleet.open(), delay(patienceMs)])
  while (fleet.opened < creds.length && performance.now() - startedAt < patienceMs) await delay(20)
  const openMs = performance.now() - startedAt
  await delay(SETTLE_MS)
  lag.disable()
  return {
    openMs,
    cpuMsPerSession: cpuMs(process.cpuUsage(cpu)) / creds.length,
    worstLagMs: Math.max(0, lag.max / 1e6 - LAG_RESOLUTION_MS),
  }
}

async function measureIdle(idleMs: number): Promise<number> {
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  await delay(idleMs)
  return (cpuMs(process.cpuUsage(cpu)) / (performance.now() - startedAt)) * 100
}

/** What every promise of the application pays, too. */
async function measureThen(): Promise<number> {
  const startedAt = performance.now()
  let chain = Promise.resolve()
  for (let index = 0; index < THENS; index++) chain = chain.then(() => undefined)
  await chain
  return ((performance.now() - startedAt) / THENS) * 1000
}

const kiBSince = (rss: number, { creds }: ClientOrder): number => (process.memoryUsage.rss() - rss) / 1024 / creds.length
const cpuMs = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000
