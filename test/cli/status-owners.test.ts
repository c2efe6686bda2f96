import { describe, expect, it } from 'vitest'
import { findHolders } from '../../src/cli/fleet/fleet.js'
import { encodeCard } from '../../src/cluster/member-card.js'
import { encodeStanding } from '../../src/cluster/standing.js'
import type { ClusterNews } from '../../src/lease/lock-cluster.js'
import { SharedLock } from '../support/shared-lock.js'
import { runCommand } from './command-line.js'
import { connected, databaseOf, FleetMember } from './fleet-member.js'
import { MASKED, PHONE } from './stored-sessions.js'

describe('status', () => {
  it('shows what the process that runs a session says of it, and where that process is', async () => {
    const { file, name } = await databaseOf(['a', 'b', 'c'])
    const one = await (await FleetMember.open(file)).announce({ address: 'http://user:secret@10.0.0.7:3000' })
    await one.take('a', connected())
    await one.take('b', connected({ status: 'reconnecting', reason: 'connection_lost' }))
    const outside = await FleetMember.open(file)
    await outside.take('c')
    const running = `running in ${await one.owner()} at http://user:***@10.0.0.7:3000`
    expect((await runCommand(['status', name])).output.split('\n')).toEqual([
      `a: linked, ${running}, connected since 2026-03-01T09:12:44.120Z, ${MASKED}`,
      `b: linked, ${running}, reconnecting (connection lost) since 2026-03-01T09:12:44.120Z, ${MASKED}`,
      `c: linked, running in ${await outside.owner()}, ${MASKED}`,
      '3 sessions: 3 linked, 3 running. Nothing needs a person.',
      '',
    ])
    const { sessions } = JSON.parse((await runCommand(['status', name, 'b', '--json'])).output) as { sessions: unknown[] }
    expect(sessions).toMatchObject([
      {
        owner: await one.owner(),
        ownerAddress: 'http://user:***@10.0.0.7:3000',
        running: { status: 'reconnecting', reason: 'connection_lost', since: '2026-03-01T09:12:44.120Z' },
      },
    ])
  })

  it('shows what stands in the way of a connection that is open, and until when', async () => {
    const { file, name } = await databaseOf(['a', 'b'])
    const one = await (await FleetMember.open(file)).announce()
    await one.take('a', connected({ reason: 'reachout_locked', restrictedUntil: new Date('2026-03-02T00:00:00Z') }))
    await one.take('b', connected({ reason: 'not_responding' }))
    const { code, output } = await runCommand(['status', name])
    expect(code).toBe(0)
    expect(output).toContain('connected (reachout locked until 2026-03-02T00:00:00.000Z) since 2026-03-01T09:12:44.120Z')
    expect(output).toContain('connected (not responding) since 2026-03-01T09:12:44.120Z')
    const { sessions } = JSON.parse((await runCommand(['status', name, 'a', '--json'])).output) as { sessions: unknown[] }
    expect(sessions).toMatchObject([{ running: { reason: 'reachout_locked', restrictedUntil: '2026-03-02T00:00:00.000Z' } }])
  })

  it('masks the number that the process tells, of a session whose credentials cannot be read', async () => {
    const { file, name } = await databaseOf([])
    const one = await (await FleetMember.open(file)).announce()
    await one.store.write('a', [{ type: 'creds', id: '', value: '{' }])
    await one.take('a', connected({ phoneNumber: PHONE }))
    const { output } = await runCommand(['status', name])
    expect(output).toContain(`a: corrupt, running in ${await one.owner()}, connected since 2026-03-01T09:12:44.120Z, ${MASKED}\n`)
    expect(output).not.toContain(PHONE)
  })
})

describe('who holds sessions', () => {
  it('is asked once for many sessions, and by name for one', async () => {
    const shared = new SharedLock()
    const lease = shared.grab('a', 'web-1')
    const lock = shared.asMember('web-1')
    await lock.cluster.announce(encodeCard({ joinedAt: 0, address: 'http://web-1', maxSessions: null, takes: true, draining: false, ready: [] }))
    await lock.cluster.note('a', lease.fencingToken, encodeStanding(connected()))
    shared.asked.length = 0
    const many = await findHolders(shared.asMember('cli'), ['a', 'b', 'c'])
    expect(await Promise.all(['a', 'b', 'c'].map(many))).toEqual([{ owner: 'web-1', address: 'http://web-1', standing: connected() }, null, null])
    expect(await (await findHolders(shared.asMember('cli'), ['a']))('a')).toMatchObject({ owner: 'web-1' })
    expect(shared.asked).toEqual(['next', 'holding a'])
  })

  it('is asked for one by one, where a process does not tell which locks it holds', async () => {
    const shared = new SharedLock()
    for (const id of ['a', 'b']) shared.grab(id, id === 'a' ? 'member' : 'outside')
    const { cluster } = shared.asMember('cli')
    const next = async (): Promise<ClusterNews> => {
      const news = await cluster.follow().next()
      return { ...news, locks: news.locks.filter(({ sessionId }) => sessionId === 'a') }
    }
    const lock = { ...shared.as('cli'), cluster: { ...cluster, follow: () => ({ next }) } }
    const holderOf = await findHolders(lock, ['a', 'b', 'c'])
    expect((await Promise.all(['a', 'b', 'c'].map(holderOf))).map((holding) => holding?.owner)).toEqual(['member', 'outside', undefined])
    expect(shared.asked).toEqual(['next', 'holding b', 'holding c'])
  })

  it('is the owner alone where the lock tells no more, and nobody where it cannot be asked', async () => {
    const shared = new SharedLock()
    shared.grab('a', 'web-1')
    expect(await (await findHolders(shared.as('cli'), ['a', 'b']))('a')).toEqual({ owner: 'web-1', address: null, standing: null })
    shared.before = () => Promise.reject(new Error('down'))
    expect(await (await findHolders(shared.asMember('cli'), ['a', 'b']))('a')).toBeNull()
    expect(await (await findHolders(shared.asMember('cli'), ['a']))('a')).toBeNull()
  })
})
