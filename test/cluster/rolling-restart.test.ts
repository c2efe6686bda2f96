// @module-tag full
import { describe, expect, it } from 'vitest'
import { enginesOf } from './engines.js'
import { builtMember } from './built-member.js'
import { Fleet } from './fleet.js'
import { bySession, openAt, overlaps } from './sockets.js'

const SESSIONS = 400
const PROCESSES = 4

const script = builtMember()

describe.each(enginesOf('rolling restart'))('proof 7 on %s: a rolling restart', (engine) => {
  it('of four processes keeps 99 % of 400 sessions connected at every second, and moves none more than twice', { timeout: 180_000 }, async () => {
    const manager = { dials: { perSecond: 50, concurrency: 50 } }
    await using fleet = await Fleet.open(script(), { engine, sessions: SESSIONS, manager })
    const old = await fleet.addAll(PROCESSES)
    await fleet.untilAllConnected(30_000)

    const from = Date.now()
    for (const member of old) {
      expect(await member.call('drain', { timeoutMs: 60_000 })).toMatchObject({ notDrained: [] })
      await member.close()
      await fleet.addAll(1)
    }
    await fleet.untilAllConnected(5000)
    const to = Date.now()

    const { sockets } = fleet
    for (let at = from; at < to; at += 1000) expect(openAt(sockets, at)).toBeGreaterThanOrEqual(0.99 * SESSIONS)
    for (const own of bySession(sockets).values()) expect(own.length - 1).toBeLessThanOrEqual(2)
    expect(overlaps(sockets)).toEqual([])
  })
})
