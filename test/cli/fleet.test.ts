import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fleetLine, fleetTable, type ReportedProcess, reportFleet, stateInWords } from '../../src/cli/fleet/fleet-report.js'
import { readFleet } from '../../src/cli/fleet/fleet.js'
import { requireCluster } from '../../src/cli/fleet/require-cluster.js'
import { parseStoreName } from '../../src/cli/stores/parse-store-name.js'
import { encodeCard } from '../../src/cluster/member-card.js'
import { MemorySessionStore } from '../../src/index.js'
import type { ClusterProcess } from '../../src/lease/lock-cluster.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { databaseOf, FleetMember } from './fleet-member.js'
import { fileStore, snapshot, storePaired } from './stored-sessions.js'

function process(id: string, changes: Partial<ClusterProcess> = {}): ClusterProcess {
  return { id, owner: `of ${id}`, text: null, isSelf: false, isAskedToDrain: false, leaseLeftMs: null, ...changes }
}

const CARD = { joinedAt: 0, address: null, maxSessions: null, takes: true, draining: false, ready: [] }

describe('fleet', () => {
  it('shows the processes of the cluster, those that only hold sessions, and how many sessions run nowhere', async () => {
    const { file, name } = await databaseOf(['a', 'b', 'c', 'd', 'e'])
    const one = await (await FleetMember.open(file)).announce({ address: 'http://user:secret@10.0.0.7:3000', maxSessions: 5 })
    const two = await (await FleetMember.open(file)).announce({ draining: true })
    const outside = await FleetMember.open(file)
    for (const id of ['a', 'b']) await one.take(id)
    await two.take('c')
    await outside.take('d')
    const { code, output, errors } = await runCommand(['fleet', name])
    const lines = output.trimEnd().split('\n')
    expect([code, errors, lines]).toEqual([
      0,
      '',
      expect.arrayContaining([expect.stringMatching(/^process +address +sessions +capacity +lease left +state$/u)]),
    ])
    const cells = lines.slice(1, -1).map((line) => line.split(/ {2,}/u))
    expect(cells.slice(0, 2)).toHaveLength(2)
    expect(new Set(cells.slice(0, 2).map((row) => row.join('|')))).toEqual(
      new Set([`${await one.owner()}|http://user:***@10.0.0.7:3000|2|5|-|takes sessions`, `${await two.owner()}|-|1|-|-|draining`]),
    )
    expect(cells.slice(2)).toEqual([[await outside.owner(), '-', '1', '-', '-', 'not in the cluster']])
    expect(lines.at(-1)).toBe('3 processes: 4 sessions running, room for 3 more. 1 stored session runs nowhere.')
  })

  it('says the same as JSON', async () => {
    const { file, name } = await databaseOf(['a', 'b'])
    const one = await (await FleetMember.open(file)).announce({ address: 'http://10.0.0.7:3000', maxSessions: 0, takes: false })
    await one.take('a')
    expect(JSON.parse((await runCommand(['fleet', name, '--json'])).output)).toEqual({
      version: 1,
      store: name,
      room: 0,
      notRunning: 1,
      processes: [
        {
          owner: await one.owner(),
          isMember: true,
          address: 'http://10.0.0.7:3000',
          sessions: 1,
          capacity: 0,
          takesSessions: false,
          isDraining: false,
          leaseLeftMs: null,
        },
      ],
    })
  })

  it('shows which sessions a process without a cluster runs on files, and changes nothing', async () => {
    const directory = join(temporaryFolder(), 'sessions')
    const store = fileStore(directory)
    for (const id of ['a', 'b']) await storePaired(store, id)
    const lease = await store.lock.acquire('a')
    const before = snapshot(directory)
    const { code, output } = await runCommand(['fleet', `fs:${directory}`])
    const [, line = '', last] = output.split('\n')
    expect([code, line.split(/ {2,}/u), last]).toEqual([
      0,
      [lease?.owner, '-', '1', '-', '-', 'not in the cluster'],
      '1 process: 1 session running, no room for more. 1 stored session runs nowhere.',
    ])
    expect(snapshot(directory)).toEqual(before)
    await lease?.release()
  })

  it('says that nobody is there, with exit code 0', async () => {
    const { file, name } = await databaseOf(['a', 'b'])
    expect(await runCommand(['fleet', name])).toEqual({ code: 0, output: 'No process is using the store. 2 stored sessions run nowhere.\n', errors: '' })
    const { store } = await FleetMember.open(file)
    for (const id of ['a', 'b']) await store.delete(id)
    expect(await runCommand(['fleet', name])).toEqual({ code: 0, output: 'No process is using the store.\n', errors: '' })
    expect(await runCommand(['fleet', `${name}-not-there`])).toMatchObject({ code: 1, output: '', errors: expect.stringContaining('does not exist') })
  })

  it('is not told of a store whose processes tell each other nothing', () => {
    const name = parseStoreName('fs:./sessions', { directory: '/', variables: {} })
    const { lock } = new MemorySessionStore()
    const silent = { acquire: lock.acquire.bind(lock), owner: lock.owner.bind(lock) }
    expect(() => requireCluster(name, Object.assign(new MemorySessionStore(), { lock: silent }))).toThrow(
      'fs:./sessions does not keep which processes use it, so there is no fleet to show or to drain.',
    )
  })
})

describe('what is read of a fleet', () => {
  it('has no lock of a process that is gone or that gave it back, and takes the last word on each', () => {
    const { processes, holdings } = readFleet({
      isComplete: true,
      processes: [process('1'), process('2')],
      locks: [
        { sessionId: 'of gone', processId: '3', text: null },
        { sessionId: 'moved', processId: '1', text: null },
        { sessionId: 'moved', processId: '2', text: null },
        { sessionId: 'given back', processId: '1', text: null },
        { sessionId: 'given back', processId: null, text: null },
      ],
    })
    expect([...holdings.keys()]).toEqual(['moved'])
    expect(processes.map(({ owner, sessionIds }) => [owner, sessionIds])).toEqual([
      ['of 1', []],
      ['of 2', ['moved']],
    ])
  })

  it('counts as draining who was asked, and not as a member whose card cannot be read', () => {
    const { processes } = readFleet({
      isComplete: true,
      processes: [
        process('1', { text: 'damaged' }),
        process('2', { text: encodeCard(CARD), isAskedToDrain: true }),
        process('3', { text: encodeCard({ ...CARD, draining: true }) }),
      ],
      locks: [],
    })
    expect(processes.map(({ id, card, isDraining }) => [id, card === null, isDraining])).toEqual([
      ['2', false, true],
      ['3', false, true],
      ['1', true, false],
    ])
  })
})

describe('the report of a fleet', () => {
  const reported = (changes: Partial<ReportedProcess> = {}): ReportedProcess => ({
    owner: 'web-1',
    isMember: true,
    address: null,
    sessions: 1,
    capacity: 10,
    takesSessions: true,
    isDraining: false,
    leaseLeftMs: null,
    ...changes,
  })

  it('has room for no less than nothing, and no end of it where one member has no limit', () => {
    const fleet = (...limits: (number | null)[]): ReturnType<typeof readFleet> =>
      readFleet({
        isComplete: true,
        processes: limits.map((maxSessions, index) => process(String(index), { text: encodeCard({ ...CARD, maxSessions }) })),
        locks: ['a', 'b', 'c'].map((sessionId) => ({ sessionId, processId: '0', text: null })),
      })
    expect(reportFleet('', fleet(1, 5), []).room).toBe(5)
    expect(reportFleet('', fleet(10, 5), []).room).toBe(12)
    expect(reportFleet('', fleet(1, null), []).room).toBeNull()
  })

  it('says how long a lease lasts in whole seconds, and nothing that moves a cursor', () => {
    const [, line] = fleetTable([reported({ owner: '\u001B[2J', leaseLeftMs: 7100 })])
    expect(line?.split(/ {2,}/u)).toEqual(['\\u{1b}[2J', '-', '1', '10', '8 s', 'takes sessions'])
  })

  it('has a word for every state', () => {
    const states = [{}, { takesSessions: false }, { takesSessions: false, isDraining: true }, { isMember: false, takesSessions: false }]
    expect(states.map((changes) => stateInWords(reported(changes)))).toEqual(['takes sessions', 'takes none', 'draining', 'not in the cluster'])
  })

  it('counts in a line', () => {
    const report = { version: 1, store: '', room: null, notRunning: 2, processes: [reported()] } as const
    expect(fleetLine(report)).toBe('1 process: 1 session running. 2 stored sessions run nowhere.')
    expect(fleetLine({ ...report, room: 9, notRunning: 0 })).toBe('1 process: 1 session running, room for 9 more.')
    expect(fleetLine({ ...report, room: 0, notRunning: 0 })).toBe('1 process: 1 session running, no room for more.')
  })
})
