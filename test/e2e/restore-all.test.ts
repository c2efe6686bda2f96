// @module-tag full
import { BufferJSON, initAuthCreds } from '@whiskeysockets/baileys'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  FileConnectionRepository,
  MemoryConnectionRepository,
  type RestoreProgress,
  type RestoreReport,
  type RestoreResult,
  type SessionStatus,
  type StatusReason,
} from '../../src/index.js'
import { connectionsFile, SessionProcess } from '../support/children/session-process.js'
import { openWorld, type World } from '../support/e2e.js'

/** What is expected of a session: its list in the report, with the reason, and its status afterwards. */
interface Expected {
  list: 'restored' | 'retrying' | 'skipped' | 'failed'
  reason: StatusReason | null
  status: SessionStatus
  /** The code of the error in the result. */
  error?: string
}

const corrupt: Expected = { list: 'failed', reason: 'credentials_corrupt', status: 'failed', error: 'RECORD_CORRUPT' }
const neverPaired: Expected = { list: 'skipped', reason: 'never_paired', status: 'disconnected' }

const MIXED: Record<string, Expected> = {
  'paired-one': { list: 'restored', reason: null, status: 'connected' },
  'paired-two': { list: 'restored', reason: null, status: 'connected' },
  running: { list: 'skipped', reason: 'already_connected', status: 'connected' },
  'half-paired': { list: 'skipped', reason: 'pairing_incomplete', status: 'disconnected' },
  unpaired: neverPaired,
  'empty-folder': neverPaired,
  'only-a-record': neverPaired,
  stopped: { list: 'skipped', reason: 'stopped', status: 'disconnected' },
  'logged-out-before': { list: 'skipped', reason: 'logged_out', status: 'logged_out' },
  'logged-out-meanwhile': { list: 'failed', reason: 'logged_out', status: 'logged_out' },
  restricted: { list: 'failed', reason: 'restricted', status: 'failed' },
  unreachable: { list: 'retrying', reason: 'retries_exhausted', status: 'reconnecting' },
  'corrupt-empty': corrupt,
  'corrupt-cut': corrupt,
  'corrupt-shape': corrupt,
  'corrupt-folder': corrupt,
  legacy: { list: 'skipped', reason: 'legacy_session', status: 'failed', error: 'LEGACY_SESSION' },
  elsewhere: { list: 'skipped', reason: 'owned_elsewhere', status: 'connected' },
}

const CORRUPT = { 'corrupt-empty': '', 'corrupt-cut': '{"noiseKey":{"private":{"type":"Buf', 'corrupt-shape': '{"hello":["world"]}' }
const DIALLED = ['paired-one', 'paired-two', 'running', 'logged-out-meanwhile', 'restricted', 'unreachable', 'elsewhere']

const folderOf = (world: World, sessionId: string): string => join(world.directory, `session-${sessionId}`)

async function writeCreds(world: World, sessionId: string, text: string): Promise<void> {
  await mkdir(folderOf(world, sessionId), { recursive: true })
  await writeFile(join(folderOf(world, sessionId), 'creds.json'), text)
}

/** The sessions of {@link MIXED} in the directory, as an earlier process left them. */
async function leaveMixed(world: World): Promise<void> {
  const { server } = world
  for (const sessionId of ['paired-one', 'paired-two', 'running', 'stopped', 'elsewhere']) await world.link(sessionId)
  const before = await world.link('logged-out-before')
  server.removeDevice(before.deviceKey)
  const manager = world.makeManager()
  await manager.restoreSession('logged-out-before')
  await manager.stop('stopped')
  await manager.close()
  server.removeDevice((await world.link('logged-out-meanwhile')).deviceKey)
  server.failLogins((await world.link('restricted')).deviceKey, 1, 403)
  server.failLogins((await world.link('unreachable')).deviceKey, 1000)
  await writeCreds(world, 'unpaired', JSON.stringify(initAuthCreds(), BufferJSON.replacer))
  await writeCreds(
    world,
    'half-paired',
    JSON.stringify({ ...initAuthCreds(), me: { id: '491700000000@s.whatsapp.net', name: '~' }, pairingCode: 'ABCD1234' }, BufferJSON.replacer),
  )
  for (const [sessionId, text] of Object.entries(CORRUPT)) await writeCreds(world, sessionId, text)
  for (const path of ['session-corrupt-folder/creds.json', 'session-empty-folder', 'session-legacy/Default/IndexedDB']) {
    await mkdir(join(world.directory, path), { recursive: true })
  }
  await writeFile(join(folderOf(world, 'legacy'), 'Local State'), '{}')
}

function outcomes(report: RestoreReport): Record<string, Pick<Expected, 'list' | 'reason' | 'error'>> {
  return Object.fromEntries(
    (['restored', 'retrying', 'skipped', 'failed'] as const).flatMap((list) =>
      report[list].map(({ sessionId, reason, error }) => [sessionId, { list, reason, ...(error === undefined ? {} : { error: error.code }) }] as const),
    ),
  )
}

function expectProgress(progress: readonly RestoreProgress[], report: RestoreReport): void {
  expect(progress.map(({ done }) => done)).toEqual(progress.map((_, index) => index + 1))
  expect(progress.map(({ result }) => result.sessionId).sort()).toEqual(Object.keys(MIXED).sort())
  for (const { total, done, restored, retrying, skipped, failed } of progress) {
    expect({ total, sum: restored + retrying + skipped + failed }).toEqual({ total: report.total, sum: done })
  }
  const { restored, retrying, skipped, failed } = report
  expect(progress.at(-1)).toMatchObject({ restored: restored.length, retrying: retrying.length, skipped: skipped.length, failed: failed.length })
}

describe.concurrent('restoreAll', () => {
  it('restores what it can of a mixed folder, and reports each id once with a reason', async () => {
    await using world = await openWorld()
    await leaveMixed(world)
    await using other = await SessionProcess.start(world)
    await other.call('restoreSession', 'elsewhere')
    const repository = new FileConnectionRepository({ file: connectionsFile(world.directory) })
    for (const sessionId of Object.keys(MIXED)) {
      if (sessionId !== 'elsewhere')
        await repository.save(sessionId, { status: 'connected', reason: null, owner: 'a process that is gone', metadata: { name: sessionId } })
    }
    const manager = world.makeManager({ repository })
    await manager.restoreSession('running')
    const events = world.eventsOf(manager)
    const before = events.of('restored').length
    const progress: RestoreProgress[] = []
    const report = await manager.restoreAll({ delayMs: 0, onProgress: (step) => progress.push(step) })

    const expected = Object.fromEntries(Object.entries(MIXED).map(([sessionId, { status: _status, ...rest }]) => [sessionId, rest]))
    expect(outcomes(report)).toEqual(expected)
    expect(report.total).toBe(Object.keys(MIXED).length)
    expectProgress(progress, report)
    const told = events.of('restored').slice(before)
    expect(told.map(({ sessionId }) => sessionId).sort()).toEqual(Object.keys(MIXED).sort())
    const results = [...report.restored, ...report.retrying, ...report.skipped, ...report.failed]
    expect(new Map(told.map((result) => [result.sessionId, result.outcome]))).toEqual(new Map(results.map(({ sessionId, outcome }) => [sessionId, outcome])))

    for (const [sessionId, { status }] of Object.entries(MIXED)) {
      const snapshot = await manager.getStatus(sessionId)
      expect({ sessionId, status: snapshot.status }).toEqual({ sessionId, status })
      expect(snapshot.message).not.toBe('')
      if (!DIALLED.includes(sessionId)) expect(world.dials(sessionId).length, sessionId).toBe(sessionId === 'logged-out-before' ? 1 : 0)
    }
    for (const [sessionId, text] of Object.entries(CORRUPT)) expect(await readFile(join(folderOf(world, sessionId), 'creds.json'), 'utf8')).toBe(text)

    await manager.close()
    await other.call('close')
    const rows = new Map((await repository.findAll()).map((row) => [row.sessionId, row]))
    for (const [sessionId, { status, reason }] of Object.entries(MIXED)) {
      const row = rows.get(sessionId)
      expect(row?.owner, sessionId).toBeNull()
      if (sessionId !== 'elsewhere') expect(row?.metadata).toEqual({ name: sessionId })
      const wasRunning = status === 'connected' || status === 'reconnecting'
      expect({ sessionId, status: row?.status, reason: row?.reason }).toEqual({
        sessionId,
        ...(wasRunning ? { status: 'disconnected', reason: 'not_running' } : { status, reason }),
      })
    }
  })

  it('starts one each second by default, those with a higher priority first', { tags: 'full' }, async () => {
    await using world = await openWorld()
    for (const sessionId of ['a', 'b', 'c']) await world.link(sessionId)
    const report = await world.makeManager().restoreAll({ priority: ({ sessionId }) => 'acb'.indexOf(sessionId) })
    expect(report).toMatchObject({ total: 3, restored: [{}, {}, {}] })
    expect(world.server.attempts().map(({ label }) => label)).toEqual(['b', 'c', 'a'])
    // The server sees the dials, and the starts are what is paced: a busy machine shifts each of them a little.
    const [first = 0, second = 0, third = 0] = world.server.attempts().map(({ acceptedAt }) => acceptedAt)
    for (const gap of [second - first, third - second]) {
      expect(gap).toBeGreaterThan(500)
      expect(gap).toBeLessThan(4000)
    }
    expect(third - first).toBeGreaterThan(1500)
  })

  it('is called off by its signal: what was not started is reported as aborted, and can be restored later', { tags: 'full' }, async () => {
    await using world = await openWorld()
    for (const sessionId of ['a', 'b', 'c']) await world.link(sessionId)
    const manager = world.makeManager()
    const stop = new AbortController()
    const running = manager.restoreAll({
      delayMs: 60_000,
      signal: stop.signal,
      priority: ({ sessionId }) => (sessionId === 'b' ? 1 : 0),
      onProgress: () => {
        stop.abort()
      },
    })
    expect(outcomes(await running)).toEqual({
      a: { list: 'skipped', reason: 'aborted' },
      b: { list: 'restored', reason: null },
      c: { list: 'skipped', reason: 'aborted' },
    })
    expect(world.server.attempts()).toHaveLength(1)
    const again = await manager.restoreAll({ delayMs: 0 })
    expect(outcomes(again)).toEqual({
      a: { list: 'restored', reason: null },
      b: { list: 'skipped', reason: 'already_connected' },
      c: { list: 'restored', reason: null },
    })
  })

  it('lets a session that a person waits for overtake the queue', { tags: 'full' }, async () => {
    await using world = await openWorld()
    for (const sessionId of ['a', 'b', 'c']) await world.link(sessionId)
    const manager = world.makeManager()
    const events = world.eventsOf(manager)
    const stop = new AbortController()
    const running = manager.restoreAll({ delayMs: 60_000, signal: stop.signal, priority: ({ sessionId }) => 'cba'.indexOf(sessionId) })
    await events.until(() => events.of('connected', 'a')[0], 'a connected')
    expect(await manager.connect('c')).toMatchObject({ status: expect.stringMatching(/^connect/) })
    await manager.waitUntilConnected('c')
    stop.abort()
    expect((await running).restored).toMatchObject([{ sessionId: 'a' }])
    expect(world.dials('b')).toEqual([])
    expect(await manager.getStatus('c')).toMatchObject({ status: 'connected' })
    expect(outcomes(await manager.restoreAll({ delayMs: 0 }))).toEqual({
      a: { list: 'skipped', reason: 'already_connected' },
      b: { list: 'restored', reason: null },
      c: { list: 'skipped', reason: 'already_connected' },
    })
    expect(world.server.attempts()).toHaveLength(3)
  })

  it('is one piece of work for all who ask while it runs', async () => {
    await using world = await openWorld()
    for (const sessionId of ['a', 'b', 'left-out']) await world.link(sessionId)
    const repository = new MemoryConnectionRepository()
    await repository.save('left-out', { metadata: { archived: true } })
    const manager = world.makeManager({ repository })
    const stop = new AbortController()
    const steps: string[][] = [[], []]
    const options = { delayMs: 100, filter: ({ record }: { record: { metadata: Record<string, unknown> } | null }) => record?.metadata['archived'] !== true }
    const [first, second, third] = [
      manager.restoreAll({ ...options, onProgress: ({ result }) => steps[0]?.push(result.sessionId) }),
      manager.restoreAll({ onProgress: ({ result }) => steps[1]?.push(result.sessionId) }),
      manager.restoreAll({ signal: stop.signal }),
    ]
    stop.abort()
    // The one who leaves gets the report as it stands; the work goes on for the others.
    expect((await third).restored).toEqual([])
    expect(outcomes(await first)).toEqual({ a: { list: 'restored', reason: null }, b: { list: 'restored', reason: null } })
    expect(outcomes(await second)).toEqual(outcomes(await first))
    expect(steps[0]?.sort()).toEqual(['a', 'b'])
    expect(steps[1]?.sort()).toEqual(['a', 'b'])
    const restored = (sessionId: string): RestoreResult[] => world.eventsOf(manager).of('restored', sessionId)
    expect([restored('a').length, restored('b').length, restored('left-out').length]).toEqual([1, 1, 0])
    expect(world.server.attempts()).toHaveLength(2)
  })
})
