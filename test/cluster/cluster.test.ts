import { describe, expect, it } from 'vitest'
import { builtMember } from './built-member.js'
import { Fleet } from './fleet.js'
import { overlaps } from './sockets.js'

const SESSIONS = 12
const script = builtMember()

describe('three processes that share a SQLite file', () => {
  it('replace the one that is killed and the one that drains, and no session is open twice', async () => {
    await using fleet = await Fleet.open(script(), { engine: 'sqlite', sessions: SESSIONS })
    const [killed, drained, last] = await fleet.addAll(3, { rebalance: false })
    await fleet.untilAllConnected(10_000)
    await killed?.kill()
    await fleet.untilAllConnected(10_000)
    expect(await drained?.call('drain')).toMatchObject({ notDrained: [] })
    await fleet.until(() => last?.open.size === SESSIONS, 10_000, 'the last process has all sessions')
    expect(await drained?.close()).toMatchObject({ notDrained: [] })
    expect(await last?.call('getStatuses')).toMatchObject(fleet.sessionIds.map(() => ({ status: 'connected', isLocal: true })))
    expect(overlaps(fleet.sockets)).toEqual([])
  })
})
