import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { DrainWatch } from '../../src/cli/fleet/drain-watch.js'
import { type Fleet, readFleet } from '../../src/cli/fleet/fleet.js'
import { encodeCard } from '../../src/cluster/member-card.js'
import { type Circumstances, type Outcome, runCommand } from './command-line.js'
import { databaseOf, FleetMember } from './fleet-member.js'

const ADDRESS = 'http://10.0.0.7:3000'

interface TwoMembers {
  name: string
  file: string
  /** Holds both sessions. */
  one: FleetMember
  other: FleetMember
  drain: (process: string, options?: string[], circumstances?: Circumstances) => Promise<Outcome>
}

/** Two processes, of which the first has two sessions. */
async function twoMembers(): Promise<TwoMembers> {
  const { file, name } = await databaseOf(['a', 'b'])
  const one = await (await FleetMember.open(file)).announce({ address: ADDRESS })
  const other = await (await FleetMember.open(file)).announce({ address: 'http://10.0.0.8:3000' })
  for (const id of ['a', 'b']) await one.take(id)
  return { name, file, one, other, drain: (process, options = ['--yes'], circumstances) => runCommand(['drain', name, process, ...options], circumstances) }
}

async function isAsked(member: FleetMember): Promise<void> {
  while (!(await member.isAskedToDrain())) await delay(10)
}

describe('drain', () => {
  it('asks the process with this address, tells how far it is, and ends when others have all of its sessions', async () => {
    const { one, other, drain } = await twoMembers()
    const drained = drain(ADDRESS)
    await isAsked(one)
    for (const id of ['a', 'b']) {
      await one.release(id)
      await other.take(id)
    }
    const owner = await one.owner()
    const { code, output, errors } = await drained
    expect([code, output]).toEqual([0, `${owner} has handed over 2 sessions.\n`])
    expect(errors).toMatch(/ holds 0 of 2 sessions\.\n$/u)
    expect(await other.isAskedToDrain()).toBe(false)
  })

  it('takes the name of the process, and shows a bar on a terminal', async () => {
    const { one, other, drain } = await twoMembers()
    const owner = await one.owner()
    const drained = drain(owner, ['--yes'], { isTerminal: true, variables: { NO_COLOR: '1' } })
    await isAsked(one)
    for (const id of ['a', 'b']) {
      await one.release(id)
      await other.take(id)
    }
    const { code, errors } = await drained
    expect(code).toBe(0)
    expect(errors).toContain(`\r\u001B[2KDraining [${'#'.repeat(24)}] 2/2 ${owner}`)
  })

  it('says which sessions nobody has taken, with exit code 1', async () => {
    const { one, other, drain } = await twoMembers()
    const drained = drain(ADDRESS, ['--yes', '--timeout', '1'])
    await isAsked(one)
    await one.release('a')
    await other.take('a')
    await one.release('b')
    const owner = await one.owner()
    expect(await drained).toEqual({
      code: 1,
      output: `${owner} has handed over 2 sessions, but 1 of them runs nowhere.\n`,
      errors: expect.stringMatching(/\nNowhere: b\. "status" says how they stand, and "fleet" whether there is room\.\n$/u),
    })
  })

  it('asks a process without sessions, too, so that it takes none', async () => {
    const { other, drain } = await twoMembers()
    const owner = await other.owner()
    expect(await drain(owner)).toMatchObject({ code: 0, output: `${owner} had no sessions to hand over, and takes none.\n` })
    expect(await other.isAskedToDrain()).toBe(true)
  })

  it('gives up after the time it was given', async () => {
    const { one, drain } = await twoMembers()
    const owner = await one.owner()
    expect(await drain(owner, ['--yes', '--timeout', '1'])).toEqual({
      code: 1,
      output: '',
      errors: `${owner} holds 2 of 2 sessions.\n${owner} still holds 2 of 2 sessions after 1 second. "fleet" shows whether the others have room.\n`,
    })
  })

  it('can be called off, and says that the process was asked', async () => {
    const { one, drain } = await twoMembers()
    const interrupted = new AbortController()
    const drained = drain(ADDRESS, ['--yes'], { signal: interrupted.signal })
    await isAsked(one)
    interrupted.abort()
    expect(await drained).toMatchObject({ code: 130, output: '', errors: expect.stringContaining('holds 2 of 2 sessions. It was asked all the same') })
  })

  it('asks on a terminal, and takes for a yes what was typed before', async () => {
    const { one, drain } = await twoMembers()
    const owner = await one.owner()
    expect(await drain(ADDRESS, [], { isTerminal: true, input: 'yes\n', variables: { NO_COLOR: '1' } })).toEqual({
      code: 1,
      output: '',
      errors: [
        `This asks ${owner} to hand over 2 sessions, and to take no more until it is started again. 1 other process takes sessions now.`,
        `Type "${ADDRESS}" to confirm:`,
        'The process was not asked.',
        '',
      ].join('\n'),
    })
    expect(await drain(ADDRESS, [], { input: `${ADDRESS}\n` })).toMatchObject({
      code: 1,
      errors: 'There is no terminal to ask on. Pass --yes to drain the process without asking.\n',
    })
    expect(await one.isAskedToDrain()).toBe(false)
    const confirmed = await drain(ADDRESS, ['--timeout', '1'], { isTerminal: true, input: `${ADDRESS}\n` })
    expect([confirmed.code, await one.isAskedToDrain()]).toEqual([1, true])
  })

  it('says which processes there are when it is not one of them', async () => {
    const { one, other, drain, file } = await twoMembers()
    const [first, second] = [await one.owner(), await other.owner()].sort()
    const outcome = await drain('http://10.0.0.9:3000')
    expect([outcome.code, outcome.output]).toEqual([1, ''])
    expect(outcome.errors).toContain('There is no process "http://10.0.0.9:3000" in the cluster. In it: ')
    for (const owner of [first, second]) expect(outcome.errors).toContain(`${owner ?? '?'} (http://10.0.0.`)
    await other.announce({ address: ADDRESS })
    expect((await drain(ADDRESS)).errors).toBe(
      `There are 2 processes "${ADDRESS}": ${first ?? '?'} (${ADDRESS}), ${second ?? '?'} (${ADDRESS}). Give the name of one of them.\n`,
    )
    const outside = await FleetMember.open(file)
    await outside.take('c')
    const owner = await outside.owner()
    expect((await drain(owner)).errors).toContain(`The process ${owner} is not in the cluster, so it cannot be asked. In it: `)
    expect([await one.isAskedToDrain(), await other.isAskedToDrain()]).toEqual([false, false])
  })

  it.each(['0', '-1', '1.5', 'soon', '86401'])('does not wait for %s seconds', async (seconds) => {
    expect(await runCommand(['drain', 'sqlite:/none.db', 'a', `--timeout=${seconds}`])).toEqual({
      code: 2,
      output: '',
      errors: `--timeout must be a number of seconds from 1 to 86400, but is "${seconds}". See baileys-sessions drain --help.\n`,
    })
  })
})

describe('the watch over a drain', () => {
  const card = encodeCard({ joinedAt: 0, address: null, maxSessions: null, takes: true, draining: false, ready: [] })

  /** A fleet of `1` and `2` with these sessions. */
  function fleetOf(first: string[], second: string[]): Fleet {
    return readFleet({
      isComplete: true,
      processes: ['1', '2'].map((id) => ({ id, owner: id, text: card, isSelf: false, isAskedToDrain: false, leaseLeftMs: null })),
      locks: [['1', first] as const, ['2', second] as const].flatMap(([processId, ids]) => ids.map((sessionId) => ({ sessionId, processId, text: null }))),
    })
  }

  function watchOf(fleet: Fleet, timeoutMs = 120_000): DrainWatch {
    const [process] = fleet.processes
    if (process === undefined) throw new Error('There is no process.')
    return new DrainWatch(process, { timeoutMs }, 1000)
  }

  it('is over once others have all that the process has held since it was asked', () => {
    const watch = watchOf(fleetOf(['a'], []))
    expect(watch.see(fleetOf(['a', 'b'], []), 1000)).toEqual({ held: 2, total: 2, nowhere: [], isOver: false })
    expect(watch.see(fleetOf(['b'], ['a']), 2000)).toEqual({ held: 1, total: 2, nowhere: [], isOver: false })
    expect(watch.see(fleetOf([], ['a', 'b']), 3000)).toEqual({ held: 0, total: 2, nowhere: [], isOver: true })
  })

  it('gives the others 10 seconds to take the last ones, anew when the process had one again', () => {
    const watch = watchOf(fleetOf(['a'], []))
    expect(watch.see(fleetOf([], []), 2000)).toEqual({ held: 0, total: 1, nowhere: ['a'], isOver: false })
    expect(watch.see(fleetOf([], []), 11_999).isOver).toBe(false)
    expect(watch.see(fleetOf(['a'], []), 11_999).isOver).toBe(false)
    expect(watch.see(fleetOf([], []), 12_000).isOver).toBe(false)
    expect(watch.see(fleetOf([], []), 22_000)).toEqual({ held: 0, total: 1, nowhere: ['a'], isOver: true })
  })

  it('is over at once when there is nothing to hand over, and at last when time is up', () => {
    expect(watchOf(fleetOf([], [])).see(fleetOf([], []), 1000).isOver).toBe(true)
    const watch = watchOf(fleetOf(['a'], []), 5000)
    expect(watch.see(fleetOf(['a'], []), 5999).isOver).toBe(false)
    expect(watch.see(fleetOf(['a'], []), 6000)).toEqual({ held: 1, total: 1, nowhere: [], isOver: true })
  })
})
