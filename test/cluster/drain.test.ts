// @module-tag full
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { enginesOf } from './engines.js'
import { builtMember } from './built-member.js'
import { Fleet, PATIENCE } from './fleet.js'
import type { Member } from './member.js'
import { bySession, gaps, mostAway, overlaps } from './sockets.js'

/** How long a session may be without a socket. */
const WITHOUT_SOCKET_MS = 2000 * PATIENCE
/** How many texts each phone sends in a second. */
const TEXTS_PER_SECOND = 5

const script = builtMember()

/** A process that runs all sessions, and two that run none. */
async function withSuccessors(fleet: Fleet): Promise<{ leaving: Member; successors: Member[] }> {
  const [leaving] = await fleet.addAll(1, { rebalance: false })
  if (leaving === undefined) throw new Error('There is no process.')
  await fleet.untilAllConnected(30_000)
  return { leaving, successors: await fleet.addAll(2, { rebalance: false }) }
}

/** Sends each session a text again and again, until it is told to end. Resolves with what was sent. */
async function keepSending(fleet: Fleet, signal: AbortSignal): Promise<Map<string, string[]>> {
  const sent = new Map(fleet.sessionIds.map((sessionId) => [sessionId, [] as string[]]))
  for (let round = 0; !signal.aborted; round += 1) {
    for (const [sessionId, device] of fleet.devices) {
      const text = `${sessionId} ${round}`
      await fleet.world?.server.phoneText('491600000000', device.deviceKey, text)
      sent.get(sessionId)?.push(text)
    }
    await delay(1000 / TEXTS_PER_SECOND)
  }
  return sent
}

describe.each(enginesOf('drain'))('proof 6 on %s: drain', (engine) => {
  it('hands sessions over to two successors while messages come, each of which is told once', async () => {
    await using fleet = await Fleet.open(script(), { engine, sessions: 6, isReal: true, manager: { dials: { perSecond: 50 } } })
    const { leaving, successors } = await withSuccessors(fleet)
    const end = new AbortController()
    const sending = keepSending(fleet, end.signal)
    await delay(500)
    const report = await leaving.call('drain', { timeoutMs: 60_000 })
    await fleet.untilAllConnected(WITHOUT_SOCKET_MS)
    await delay(500)
    end.abort()
    const sent = await sending

    expect({ closed: report.closed.toSorted(), notDrained: report.notDrained }).toEqual({ closed: [...fleet.sessionIds], notDrained: [] })
    expect(successors.map(({ open }) => open.size)).toEqual([3, 3])
    const told = (sessionId: string): (string | null)[] => fleet.events('text').flatMap((event) => (event.sessionId === sessionId ? [event.text] : []))
    for (const [sessionId, texts] of sent) {
      await fleet.until(() => told(sessionId).length >= texts.length, 10_000, `all texts came to ${sessionId}`)
      expect(told(sessionId).toSorted()).toEqual(texts.toSorted())
    }
    const { sockets } = fleet
    expect(Math.max(...gaps(sockets))).toBeLessThan(WITHOUT_SOCKET_MS)
    expect(overlaps(sockets)).toEqual([])
    expect([...bySession(sockets).values()].map(({ length }) => length)).toEqual(fleet.sessionIds.map(() => 2))
    expect(await leaving.close()).toEqual({ closed: [...report.closed], notDrained: [] })
  })
})

describe.each(enginesOf('drain of many'))('proof 6 on %s: drain of a hundred sessions', (engine) => {
  it('leaves each of them without a socket for less than two seconds, one after the other', async () => {
    await using fleet = await Fleet.open(script(), { engine, sessions: 100, manager: { dials: { perSecond: 100, concurrency: 100 } } })
    const { leaving, successors } = await withSuccessors(fleet)
    const report = await leaving.call('drain', { timeoutMs: 100_000 })
    await fleet.untilAllConnected(WITHOUT_SOCKET_MS)
    expect(report.notDrained).toEqual([])
    expect(report.closed).toHaveLength(100)
    expect(successors.map(({ open }) => open.size)).toEqual([50, 50])
    const { sockets } = fleet
    expect(Math.max(...gaps(sockets))).toBeLessThan(WITHOUT_SOCKET_MS)
    expect(overlaps(sockets)).toEqual([])
    expect(mostAway(sockets)).toBe(1)
  })
})
