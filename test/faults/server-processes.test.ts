// @module-tag full
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { BreakableLine } from '../support/breakable-line.js'
import { FaultRig } from './support/fault-rig.js'
import { FAULT_ENGINES, type FaultServer } from './support/fault-servers.js'
import { openStore, SERVER_LEASE_MS } from './support/fault-stores.js'
import { RigProcess } from './support/rig-process.js'
import { link, recordsOf } from './support/stored-records.js'

const PATIENCE = { timeout: 30_000, interval: 20 }
/** What is left of it on a busy machine is for the login. */
const TAKEN_OVER = { timeout: SERVER_LEASE_MS + 1000 + 2000, interval: 20 }
/** A second, and what a busy machine takes. */
const AWAKE = { timeout: 1000 + 2000, interval: 20 }
/** So that nobody finds out but by the watch on the processes. */
const NO_POLLS = { standbyPollMs: 600_000 }
const SESSIONS = Array.from({ length: 12 }, (_, index) => `shop${index}`)

async function startLine({ port }: FaultServer): Promise<BreakableLine> {
  const line = await BreakableLine.start(port)
  onTestFinished(() => line[Symbol.asyncDispose]())
  return line
}

/** Which of the sessions a process runs. */
async function runningIn(rig: RigProcess): Promise<string[]> {
  const running = []
  for (const sessionId of SESSIONS) if ((await rig.call('course', sessionId)).at(-1) === 'connected') running.push(sessionId)
  return running
}

describe.each(FAULT_ENGINES.filter(({ isMissing }) => !isMissing))('processes that share a server of the store "$kind"', ({ kind, start }) => {
  async function startServer(): Promise<FaultServer> {
    const server = await start()
    onTestFinished(() => server[Symbol.asyncDispose]())
    return server
  }

  async function startRig({ port }: { port: number }): Promise<FaultRig> {
    const rig = new FaultRig(await openStore(kind, String(port)), NO_POLLS)
    onTestFinished(() => rig.close())
    return rig
  }

  function startProcess({ port }: { port: number }): Promise<RigProcess> {
    return RigProcess.start(kind, String(port), {}, NO_POLLS)
  }

  it('invariant 1: run what a killed one ran, each session once, within a lease and a second, with all that was acknowledged', async () => {
    const server = await startServer()
    await link(kind, String(server.port), ...SESSIONS)
    const [owner, ...others] = await Promise.all([startProcess(server), startProcess(server), startProcess(server)])
    expect(await owner.call('restoreAll')).toEqual({ restored: SESSIONS.length, skipped: 0, failed: 0 })
    for (const other of others) expect(await other.call('restoreAll')).toEqual({ restored: 0, skipped: SESSIONS.length, failed: 0 })
    for (const sessionId of SESSIONS) expect(await owner.call('write', sessionId, 'own', 32, 3)).toBe('stored')
    await owner.script.kill('SIGKILL')
    await vi.waitFor(async () => {
      expect((await Promise.all(others.map(runningIn))).flat()).toHaveLength(SESSIONS.length)
    }, TAKEN_OVER)
    expect((await Promise.all(others.map(runningIn))).flat().sort()).toEqual([...SESSIONS].sort())
    const dials = await Promise.all(others.map((other) => other.call('dials')))
    expect(dials.reduce((sum, count) => sum + count)).toBe(SESSIONS.length)
    for (const sessionId of SESSIONS)
      expect(Object.keys(await recordsOf(kind, String(server.port), sessionId))).toEqual(
        expect.arrayContaining(['session/own0', 'session/own1', 'session/own2']),
      )
    for (const other of others) await other.call('close')
  })

  it.each(['silent', 'refused'] as const)(
    'invariant 1: one whose line to it is broken (%s) has closed its socket before another one dials, and comes back by itself',
    async (how) => {
      const server = await startServer()
      await link(kind, String(server.port), 'shop')
      const line = await startLine(server)
      const [owner, other] = await Promise.all([startRig(line), startProcess(server)])
      expect(await owner.restore('shop')).toBe('restored')
      expect(await other.call('restore', 'shop')).toBe('skipped owned_elsewhere')
      line.break(how)
      await vi.waitFor(async () => expect(await other.call('status', 'shop')).toBe('connected'), PATIENCE)
      const [left, taken] = [owner.lives(), await other.call('lives')]
      expect([left.length, taken.length]).toEqual([1, 1])
      expect(left[0]?.to).toBeLessThanOrEqual(taken[0]?.from ?? NaN)
      expect(owner.course('shop').at(-1)).toBe('reconnecting storage_unavailable')
      line.mend()
      await vi.waitFor(() => expect(owner.course('shop').at(-1)).toBe('disconnected owned_elsewhere'), PATIENCE)
      await other.call('close')
      await vi.waitFor(async () => expect(await owner.status('shop')).toBe('connected'), PATIENCE)
      expect(await owner.write('shop', 'after')).toBe('stored')
    },
  )

  it('invariant 1: take over from one that is stopped for longer than its lease; none of its writes is accepted when it wakes, and its socket goes', async () => {
    const server = await startServer()
    await link(kind, String(server.port), 'shop')
    const owner = await startProcess(server)
    expect(await owner.call('restore', 'shop')).toBe('restored')
    expect(await owner.call('write', 'shop', 'before')).toBe('stored')
    const rig = await startRig(server)
    expect(await rig.restore('shop')).toBe('skipped owned_elsewhere')
    owner.script.signal('SIGSTOP')
    await pause(SERVER_LEASE_MS + 6000)
    expect(await rig.status('shop')).toBe('connected')
    expect(await rig.write('shop', 'mine')).toBe('stored')
    const writing = owner.call('write', 'shop', 'mine', 16)
    owner.script.signal('SIGCONT')
    expect(await writing).not.toBe('stored')
    await vi.waitFor(async () => expect((await owner.call('lives')).map(({ to }) => to)).not.toContain(null), AWAKE)
    expect(await owner.call('course', 'shop')).not.toContain('failed')
    expect([await rig.missing('shop'), await rig.read('shop', 'before0'), rig.dials()]).toEqual([[], 'before'.repeat(6).slice(0, 32), 1])
    expect(await rig.status('shop')).toBe('connected')
  })

  it.each([
    {
      what: 'stands still',
      stop: async (server: FaultServer) => server.halt(),
      go: async (server: FaultServer) => server.goOn(),
    },
    { what: 'is gone', stop: (server: FaultServer) => server.kill(), go: (server: FaultServer) => server.restart() },
  ])('close all sockets before their leases end when it $what for longer, and run all sessions again once it answers, each once', async ({ stop, go }) => {
    const server = await startServer()
    await link(kind, String(server.port), ...SESSIONS)
    const [one, two] = await Promise.all([startRig(server), startProcess(server)])
    const half = SESSIONS.length / 2
    for (const sessionId of SESSIONS.slice(0, half)) expect(await one.restore(sessionId)).toBe('restored')
    for (const sessionId of SESSIONS.slice(half)) expect(await two.call('restore', sessionId)).toBe('restored')
    const stoppedAt = Date.now()
    await stop(server)
    await pause(SERVER_LEASE_MS + 1000)
    const lives = [...one.lives(), ...(await two.call('lives'))]
    expect(lives).toHaveLength(SESSIONS.length)
    // The last renewal was sent before the server stopped.
    for (const { to } of lives) expect(to).toBeLessThan(stoppedAt + SERVER_LEASE_MS)
    await go(server)
    await vi.waitFor(async () => {
      const own = SESSIONS.filter((sessionId) => one.course(sessionId).at(-1) === 'connected')
      expect([...own, ...(await runningIn(two))].sort()).toEqual([...SESSIONS].sort())
    }, PATIENCE)
    for (const [index, sessionId] of SESSIONS.entries()) {
      const course = index < half ? one.course(sessionId) : await two.call('course', sessionId)
      expect(course.filter((status) => /^(?:pairing|failed)/u.test(status))).toEqual([])
    }
    await two.call('close')
  })
})
