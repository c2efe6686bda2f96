// @module-tag full
import { describe, expect, it } from 'vitest'
import { enginesOf, goneAfterMs } from './engines.js'
import { builtMember } from './built-member.js'
import { Fleet } from './fleet.js'
import { overlaps } from './sockets.js'

const SESSIONS = 30
const PER_SECOND = 10
const script = builtMember()

/** Beyond what is promised: the last login itself, with two cores for four processes. */
const LOGIN_MS = 2000

describe.each(enginesOf('failover'))('proof 1 on %s: a process that is killed', (engine) => {
  it('is replaced in time, all its sessions come back, and none asks for a new link', async () => {
    await using fleet = await Fleet.open(script(), { engine, sessions: SESSIONS, isReal: true, manager: { dials: { perSecond: PER_SECOND } } })
    const members = await fleet.addAll(3)
    await fleet.untilAllConnected(20_000)
    // Whoever begins a moment before the others may have most of them.
    const [first, ...survivors] = members.toSorted((a, b) => b.open.size - a.open.size)
    if (first === undefined) throw new Error('There is no process.')
    const lost = first.open.size
    expect(lost).toBeGreaterThan(0)

    await first.kill()
    const firstBackMs = goneAfterMs(engine)
    const allBackMs = firstBackMs + (1000 * lost) / (survivors.length * PER_SECOND) + LOGIN_MS
    await fleet.until(() => fleet.connected > SESSIONS - lost, firstBackMs, 'the first session is back')
    await fleet.untilAllConnected(first.endedAt + allBackMs - Date.now())
    expect(overlaps(fleet.sockets)).toEqual([])
    expect(fleet.world?.server.log.filter(({ kind }) => kind === 'replaced')).toEqual([])
    await Promise.all(survivors.map((survivor) => survivor.kill()))
  })
})
