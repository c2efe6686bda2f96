// @module-tag full
import { describe, expect, it, vi } from 'vitest'
import type { SessionSnapshot } from '../../src/index.js'
import { enginesOf, goneAfterMs } from './engines.js'
import { builtMember } from './built-member.js'
import { Fleet } from './fleet.js'
import { overlaps } from './sockets.js'

const SESSIONS = 1000
/** Slower than two cores, so that the pace is that of the limiter. */
const PER_SECOND = 25
/** Where the pace does not matter. */
const QUICK_PER_SECOND = 100

const script = builtMember()

function countOf(statuses: readonly SessionSnapshot[], holds: (status: SessionSnapshot) => boolean): number {
  return statuses.filter(holds).length
}

describe.each(enginesOf('share'))('proof 2 on %s: a thousand sessions of a process that died', (engine) => {
  it('are shared out evenly over three, nearly without a claim in vain, at the pace of their dials', async () => {
    const manager = { dials: { perSecond: PER_SECOND } }
    await using fleet = await Fleet.open(script(), { engine, sessions: SESSIONS, manager })
    const lost = await fleet.add({ rebalance: false }, { manager: { dials: { perSecond: 1000, concurrency: 200 } } })
    await lost.call('restoreAll')
    await fleet.untilAllConnected(30_000)
    const survivors = await fleet.addAll(3)
    const before = await Promise.all(survivors.map((survivor) => survivor.claims()))

    await lost.kill()
    await fleet.untilAllConnected(goneAfterMs(engine) + 1000 + (1000 * SESSIONS) / (survivors.length * PER_SECOND))
    const after = await Promise.all(survivors.map((survivor) => survivor.claims()))
    const sum = (key: 'asked' | 'refused'): number => after.reduce((total, claims, index) => total + claims[key] - (before[index]?.[key] ?? 0), 0)
    expect(sum('asked')).toBeGreaterThanOrEqual(SESSIONS)
    expect(sum('refused') / sum('asked')).toBeLessThan(0.02)
    const fair = SESSIONS / survivors.length
    for (const { open } of survivors) expect(Math.abs(open.size - fair) / fair).toBeLessThanOrEqual(0.15)
    expect(overlaps(fleet.sockets)).toEqual([])
  })
})

describe.each(enginesOf('capacity'))('proof 3 on %s: three processes with room for 250 of a thousand sessions each', (engine) => {
  it('run 750, any process says of the others that they wait, and a fourth takes them', async () => {
    await using fleet = await Fleet.open(script(), { engine, sessions: SESSIONS, manager: { dials: { perSecond: QUICK_PER_SECOND } } })
    const full = await fleet.addAll(3, { maxSessions: 250 })
    const api = await fleet.add({ maxSessions: 0 }, { manager: { restoreOnStatus: false } })
    await fleet.until(() => fleet.connected === 750, 20_000, '750 sessions are connected')
    for (const member of [...full, api]) {
      // What the others did last is known within a second or two.
      await vi.waitFor(
        async () => {
          const statuses = await member.call('getStatuses')
          expect(countOf(statuses, ({ isConnected }) => isConnected)).toBe(750)
          expect(countOf(statuses, ({ status, reason }) => status === 'disconnected' && reason === 'waiting_for_capacity')).toBe(250)
        },
        { timeout: 5000, interval: 200 },
      )
    }
    for (const { open } of full) expect(open.size).toBe(250)

    const fourth = await fleet.add({ maxSessions: 250 })
    const startedAt = Date.now()
    void fourth.call('restoreAll').catch(() => undefined)
    await fleet.until(() => fourth.open.size > 0, 5000, 'the fourth process has its first session')
    await fleet.untilAllConnected(startedAt + 5000 + (1000 * 250) / QUICK_PER_SECOND - Date.now())
    expect(fleet.sockets).toHaveLength(SESSIONS)
  })
})
