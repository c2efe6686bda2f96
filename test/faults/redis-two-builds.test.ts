// @module-tag full
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { RedisSessionStore } from '../../src/redis.js'
import { REDIS_PROGRAM, RedisServer } from '../support/redis-server.js'
import { RigBuilds } from './support/rig-builds.js'
import { RigProcess } from './support/rig-process.js'
import { link } from './support/stored-records.js'

const PATIENCE = { timeout: 30_000, interval: 20 }
const SCRIPTS = 'src/adapters/redis/scripts.ts'
/** Every script of the next build is another one to the server. */
const OTHER_SCRIPTS = { file: SCRIPTS, from: "local time = redis.call('TIME')", to: "-- The next build.\nlocal time = redis.call('TIME')" }
const NEXT_LAYOUT = { file: SCRIPTS, from: 'SCHEMA_VERSION = 1', to: 'SCHEMA_VERSION = 2' }
/** The version before has no clusters: its processes do not say that they count the changes of locks, and its scripts count none. */
const NO_CLUSTERS = [
  { file: SCRIPTS, from: '\nchange(ARGV[3])\nlocal first', to: '\nlocal first' },
  { file: SCRIPTS, from: '\n  change(ARGV[3])\n', to: '\n' },
  { file: 'src/adapters/redis/redis-cluster-table.ts', from: '{ ...holder, [COUNTS_CHANGES]: true }', to: 'holder' },
  { file: 'src/adapters/redis/redis-lock-table.ts', from: 'tokens.length > 0 || this.cluster.hasEntered(nonce)', to: 'tokens.length > 0' },
  { file: 'src/adapters/redis/redis-lock-table.ts', from: '    this.cluster = new RedisClusterTable(connection, times.leaseMs)\n', to: '' },
]

describe.skipIf(REDIS_PROGRAM === null)('two builds on one Redis server', () => {
  let builds: RigBuilds
  let scripts: Readonly<Record<'before' | 'this' | 'next' | 'nextLayout', string>>

  beforeAll(async () => {
    builds = new RigBuilds()
    const [before, here, next, nextLayout] = await Promise.all([
      builds.make('before', NO_CLUSTERS),
      builds.make('this', []),
      builds.make('next', [OTHER_SCRIPTS]),
      builds.make('next-layout', [OTHER_SCRIPTS, NEXT_LAYOUT]),
    ])
    scripts = { before, this: here, next, nextLayout }
  })
  afterAll(() => builds[Symbol.dispose]())

  async function startServer(): Promise<RedisServer> {
    const server = await RedisServer.start()
    onTestFinished(() => server.close())
    return server
  }

  function start(build: keyof typeof scripts, { port }: RedisServer): Promise<RigProcess> {
    return RigProcess.start('redis', String(port), { script: scripts[build] })
  }

  function connect({ port }: RedisServer): Redis {
    const client = new Redis({ port, host: '127.0.0.1' })
    onTestFinished(() => client.disconnect())
    return client
  }

  it.each(['next', 'nextLayout'] as const)('run sessions side by side in the layout of the older one, and take them from each other: %s', async (build) => {
    const server = await startServer()
    await link('redis', String(server.port), 'old', 'new')
    const [older, newer] = [await start('this', server), await start(build, server)]
    expect([await older.call('restore', 'old'), await newer.call('restore', 'new')]).toEqual(['restored', 'restored'])
    expect([await older.call('restore', 'new'), await newer.call('restore', 'old')]).toEqual(['skipped owned_elsewhere', 'skipped owned_elsewhere'])
    expect([await older.call('write', 'old', 'x'), await newer.call('write', 'new', 'x')]).toEqual(['stored', 'stored'])
    await older.script.kill('SIGKILL')
    await vi.waitFor(async () => expect(await newer.call('status', 'old')).toBe('connected'), PATIENCE)
    expect(await newer.call('read', 'old', 'x0')).toBe('x'.repeat(32))
    const again = await start('this', server)
    expect(await again.call('restore', 'old')).toBe('skipped owned_elsewhere')
    await newer.call('close')
    await vi.waitFor(async () => expect(await again.call('status', 'old')).toBe('connected'), PATIENCE)
    expect(await again.call('restore', 'new')).toBe('restored')
    expect(await again.call('read', 'new', 'x0')).toBe('x'.repeat(32))
    await again.call('close')
  })

  it('follow one of the version without clusters, and take from it what it had', async () => {
    const server = await startServer()
    await link('redis', String(server.port), 'old', 'new')
    const [older, newer] = [await start('before', server), await start('this', server)]
    const store = new RedisSessionStore({ client: connect(server) })
    onTestFinished(() => store.close())
    const follower = store.lock.cluster?.follow()
    const held = new Set<string>()
    const seen = async (): Promise<string[]> => {
      const { isComplete = false, locks = [], processes = [] } = (await follower?.next()) ?? {}
      if (isComplete) held.clear()
      for (const { sessionId, processId } of locks) {
        held.delete(sessionId)
        if (processes.some(({ id }) => id === processId)) held.add(sessionId)
      }
      return [...held].sort()
    }
    expect(await newer.call('restore', 'new')).toBe('restored')
    expect(await seen()).toEqual(['new'])
    expect(await older.call('restore', 'old')).toBe('restored')
    expect([await newer.call('restore', 'old'), await seen()]).toEqual(['skipped owned_elsewhere', ['new', 'old']])
    await newer.call('close')
    expect([await older.call('restore', 'new'), await seen()]).toEqual(['restored', ['new', 'old']])
    const again = await start('this', server)
    expect([await again.call('restore', 'old'), await again.call('restore', 'new')]).toEqual(['skipped owned_elsewhere', 'skipped owned_elsewhere'])
    await older.call('close')
    await vi.waitFor(async () => expect([await again.call('status', 'old'), await again.call('status', 'new')]).toEqual(['connected', 'connected']), PATIENCE)
    expect(await seen()).toEqual(['new', 'old'])
    await again.call('close')
    expect(await seen()).toEqual([])
  })

  it('refuse the older one in words before it takes a lease, where the newer one has begun its own layout', async () => {
    const server = await startServer()
    const newer = await start('nextLayout', server)
    expect(await newer.call('connect', 'shop')).toBe('pairing')
    const older = await start('this', server)
    for (const sessionId of ['shop', 'other']) {
      expect(await older.call('restore', sessionId)).toBe('retrying storage_unavailable')
      expect(await older.call('errors')).toEqual(expect.arrayContaining([expect.stringContaining('Update baileys-sessions')]))
    }
    expect([await older.call('dials'), await newer.call('status', 'shop')]).toEqual([0, 'pairing'])
    expect(await connect(server).hlen('baileys-sessions:processes')).toBe(1)
    await newer.call('close')
    await older.call('close')
  })

  it('invariant 1: end the leases of the older one when the layout is changed under it: it closes its sockets before the newer one dials', async () => {
    const server = await startServer()
    await link('redis', String(server.port), 'shop')
    const [older, newer] = [await start('this', server), await start('nextLayout', server)]
    expect(await older.call('restore', 'shop')).toBe('restored')
    expect(await newer.call('restore', 'shop')).toBe('skipped owned_elsewhere')
    await connect(server).set('baileys-sessions:schema', '2')
    await vi.waitFor(async () => expect(await newer.call('status', 'shop')).toBe('connected'), PATIENCE)
    const [[left, ...moreLeft], [taken, ...moreTaken]] = [await older.call('lives'), await newer.call('lives')]
    expect(left?.to).toBeLessThanOrEqual(taken?.from ?? NaN)
    expect([moreLeft, moreTaken, (await older.call('course', 'shop')).at(-1)]).toEqual([[], [], 'reconnecting storage_unavailable'])
    expect(await older.call('errors')).toEqual(expect.arrayContaining([expect.stringContaining('Update baileys-sessions')]))
    await newer.call('close')
    await older.call('close')
  })
})
