import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { Fleet } from '../../test/cluster/fleet.js'
import type { Member } from '../../test/cluster/member.js'
import type { Usage } from '../../test/cluster/member-protocol.js'
import type { StoreAddress } from '../../test/cluster/open-store.js'
import { gaps } from '../../test/cluster/sockets.js'
import { median } from '../report-parts.js'
import type { Measurement, Setting } from './measurement.js'

/** How fast each process dials: so that the limit of an application hides nothing. */
export const DIALS = { perSecond: 200, concurrency: 100 }
/** So soon that what follows a login is over before the cluster counts as idle. */
const STABLE_AFTER_MS = 2000
/** How long a cluster is left alone after something happened, before it counts as idle. */
const SETTLE_MS = 10_000

/** Measures one setting, with processes that run the member of the tests of a cluster. Their sockets are fakes: logins are measured elsewhere. */
export async function measureFleet(script: string, setting: Setting): Promise<Measurement> {
  const { engine, sessions, processes, leaseMs } = setting
  await using fleet = await Fleet.open(script, { engine, sessions, leaseMs, manager: { dials: DIALS, reconnect: { stableAfterMs: STABLE_AFTER_MS } } })
  const patienceMs = 30_000 + (1000 * sessions) / DIALS.perSecond
  const members = await fleet.addAll(processes)
  await fleet.untilAllConnected(patienceMs)
  await delay(SETTLE_MS)
  const idle = await measureIdle(fleet, members, setting.idleMs)
  const joining = await measureJoining(fleet, sessions)
  const drain = await measureDrain(fleet, members, patienceMs)
  const failover = await measureFailover(fleet, patienceMs)
  return { ...setting, idle, joining, drain, failover }
}

async function measureIdle(fleet: Fleet, members: readonly Member[], forMs: number): Promise<Measurement['idle']> {
  // What the start has left behind would be collected at any time.
  await Promise.all(members.map((member) => member.heapBytes()))
  const usages = (): Promise<Usage[]> => Promise.all(members.map((member) => member.usage()))
  const [before, bytesBefore, startedAt] = [await usages(), await bytesSent(fleet.engine.address), performance.now()]
  await delay(forMs)
  const [after, bytesAfter, tookMs] = [await usages(), await bytesSent(fleet.engine.address), performance.now() - startedAt]
  const most = (key: keyof Usage): number => Math.max(...after.map((usage, index) => usage[key] - (before[index]?.[key] ?? 0)))
  return {
    cpuPercent: (most('cpuMs') / tookMs) * 100,
    requests: (most('requests') / tookMs) * 1000,
    bytes: ((bytesAfter - bytesBefore) / members.length / tookMs) * 1000,
  }
}

/** By a process that runs no session. */
async function measureJoining(fleet: Fleet, sessions: number): Promise<Measurement['joining']> {
  const window = await fleet.add({ maxSessions: 0 })
  const heapBefore = await window.heapBytes()
  const [before, bytesBefore] = [await window.usage(), await bytesSent(fleet.engine.address)]
  await window.call('members')
  const [after, bytesAfter] = [await window.usage(), await bytesSent(fleet.engine.address)]
  const heapAfter = await window.heapBytes()
  await window.close()
  const perSession = (bytes: number): number => Math.max(0, bytes) / sessions
  return {
    cpuMs: after.cpuMs - before.cpuMs,
    heapBytesPerSession: perSession(heapAfter - heapBefore),
    bytesPerSession: perSession(bytesAfter - bytesBefore),
  }
}

/** One goes as in a deploy: its successor is there before. */
async function measureDrain(fleet: Fleet, members: readonly Member[], patienceMs: number): Promise<Measurement['drain']> {
  const [next] = await fleet.addAll(1, { rebalance: false })
  const leaving = members.reduce((most, member) => (member.open.size > most.open.size ? member : most))
  const [sessions, socketsBefore, startedAt] = [leaving.open.size, fleet.sockets.length, performance.now()]
  await leaving.call('drain', { timeoutMs: 10 * patienceMs })
  const tookMs = performance.now() - startedAt
  await fleet.untilAllConnected(patienceMs)
  const moved = gaps(fleet.sockets)
  await leaving.close()
  if (next === undefined || fleet.sockets.length < socketsBefore) throw new Error('The processes are not what they were.')
  return { sessions, tookMs, gapMs: median(moved), longestGapMs: Math.max(0, ...moved) }
}

async function measureFailover(fleet: Fleet, patienceMs: number): Promise<Measurement['failover']> {
  await delay(SETTLE_MS)
  const lost = fleet.members.reduce((most, member) => (member.open.size > most.open.size ? member : most))
  const [sessions, left] = [lost.open.size, fleet.connected - lost.open.size]
  await lost.kill()
  await fleet.until(() => fleet.connected > left, patienceMs, 'the first session is back')
  await fleet.untilAllConnected(patienceMs)
  const back = fleet.sockets.filter(({ from }) => from > lost.endedAt).map(({ from }) => from - lost.endedAt)
  return { sessions, firstBackMs: Math.min(...back), allBackMs: Math.max(...back) }
}

/** What a server has sent so far; 0 where it does not count. */
async function bytesSent(address: StoreAddress): Promise<number> {
  if (address.kind !== 'redis') return 0
  const client = new Redis({ port: address.port, host: '127.0.0.1' })
  const stats = await client.info('stats')
  client.disconnect()
  return Number(/total_net_output_bytes:(\d+)/.exec(stats)?.[1] ?? 0)
}
