import { describe, expect, it } from 'vitest'
import { MemoryConnectionRepository } from '../../src/adapters/memory/memory-connection-repository.js'
import type { ConnectionRecord, SessionStatus } from '../../src/index.js'
import { deferred, never } from '../support/deferred.js'
import { codeOf, inFakeTime, pass, refusing, scenario, within, type Scenario } from '../support/scenario.js'

inFakeTime()

/** A repository that does what the test says before it does its work. */
class MoodyRepository extends MemoryConnectionRepository {
  mood: (verb: 'save' | 'find' | 'findAll' | 'delete') => Promise<void> = () => Promise.resolve()
  readonly saved: SessionStatus[] = []

  override async save(sessionId: string, changes: Partial<ConnectionRecord>): Promise<void> {
    await this.mood('save')
    if (changes.status !== undefined) this.saved.push(changes.status)
    await super.save(sessionId, changes)
  }

  override async find(sessionId: string): Promise<ConnectionRecord | null> {
    await this.mood('find')
    return super.find(sessionId)
  }

  override async findAll(): Promise<ConnectionRecord[]> {
    await this.mood('findAll')
    return super.findAll()
  }

  override async delete(sessionId: string): Promise<void> {
    await this.mood('delete')
    await super.delete(sessionId)
  }
}

function withRepository(options: Parameters<typeof scenario>[0] = {}): Scenario & { repository: MoodyRepository } {
  const repository = new MoodyRepository()
  return Object.assign(scenario({ ...options, repository }), { repository })
}

const failures = (made: Scenario): string[] => made.events('error').map(({ error }) => error.code)

describe('the repository', () => {
  it('follows every change of status, in order', async () => {
    const made = withRepository({ reconnect: { jitter: 'none' } })
    await made.store.seed('s', { phone: '49151000001' })
    const connectedAt = new Date()
    await within(made.sessions.restoreSession('s'))
    await pass(10)
    expect(await made.repository.find('s')).toMatchObject({
      status: 'connected',
      reason: null,
      phoneNumber: '49151000001',
      lastConnectedAt: connectedAt,
      owner: expect.stringContaining(':'),
      lastDisconnect: null,
    })
    const lostAt = new Date()
    await made.socket().close(428)
    await pass(10)
    expect(await made.repository.find('s')).toMatchObject({
      status: 'reconnecting',
      reason: 'connection_lost',
      lastDisconnect: { code: 428, cause: 'connection_closed', at: lostAt },
    })
    await pass(2000)
    await within(made.sessions.stop('s'))
    await pass(10)
    expect(await made.repository.find('s')).toMatchObject({ status: 'disconnected', reason: 'stopped', owner: null, phoneNumber: '49151000001' })
    expect(made.repository.saved).toEqual(['connecting', 'connected', 'reconnecting', 'connecting', 'connected', 'disconnected'])
  })

  it('never holds secrets of a pairing (invariant 13)', async () => {
    const made = withRepository()
    await within(made.sessions.connect('s'))
    const code = await within(made.sessions.requestPairingCode('s', '4915112345678'))
    await pass(10)
    expect(JSON.stringify(await made.repository.findAll())).not.toMatch(new RegExp(`the-qr|${code}`))
  })

  it('that fails holds nothing up, is told, and has the last status once it is back (invariant 9)', async () => {
    const made = withRepository()
    await made.store.seed('s')
    made.repository.mood = () => Promise.reject(new Error('database is down'))
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'restored' })
    await made.socket().close(428)
    await pass(5000)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected' })
    expect(new Set(failures(made))).toEqual(new Set(['REPOSITORY_FAILED']))
    made.repository.mood = () => Promise.resolve()
    await pass(30_000)
    expect(await made.repository.find('s')).toMatchObject({ status: 'connected' })
  })

  it('that hangs holds nothing up, either (invariant 9)', async () => {
    const made = withRepository()
    await made.store.seed('s')
    made.repository.mood = () => never()
    const startedAt = Date.now()
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'restored' })
    expect(Date.now() - startedAt).toBeLessThanOrEqual(1000)
    await pass(20_000)
    expect(failures(made)).toContain('REPOSITORY_FAILED')
    made.repository.mood = () => Promise.resolve()
    await pass(20_000)
    expect(await made.repository.find('s')).toMatchObject({ status: 'connected' })
  })

  it('that throws instead of rejecting, or answers nonsense, is one that fails (invariant 9)', async () => {
    const made = withRepository()
    await made.store.seed('s')
    made.repository.mood = () => {
      throw new TypeError('no promise')
    }
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'connecting' })
    await pass(10)
    expect(await within(made.sessions.restoreAll())).toMatchObject({ total: 1 })
    expect(await within(made.sessions.getStatuses())).toHaveLength(1)
    expect(new Set(failures(made))).toEqual(new Set(['REPOSITORY_FAILED']))
    made.repository.mood = () => Promise.resolve()
  })

  it('has the last status after close, though it was down a moment before', async () => {
    const made = withRepository()
    await made.store.seed('s')
    made.repository.mood = () => Promise.reject(new Error('database is down'))
    await within(made.sessions.restoreSession('s'))
    made.repository.mood = () => Promise.resolve()
    await within(made.sessions.close())
    expect(await made.repository.find('s')).toMatchObject({ status: 'disconnected', owner: null })
  })

  it('does not keep close waiting for longer than its deadline (invariant 9)', async () => {
    const made = withRepository()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    await pass(10)
    made.repository.mood = () => never()
    const startedAt = Date.now()
    expect(await within(made.sessions.close({ timeoutMs: 2000 }))).toEqual({ closed: ['s'], notDrained: [] })
    expect(Date.now() - startedAt).toBeLessThanOrEqual(2000)
  })

  it('that cannot delete a row fails the delete of the session, which may be repeated', async () => {
    const made = withRepository()
    await made.store.seed('s')
    await within(made.sessions.restoreSession('s'))
    made.repository.mood = (verb) => (verb === 'delete' ? Promise.reject(new Error('database is down')) : Promise.resolve())
    expect(await within(codeOf(made.sessions.delete('s')))).toBe('REPOSITORY_FAILED')
    expect(await made.store.dump('s')).toEqual({})
    made.repository.mood = () => Promise.resolve()
    await within(made.sessions.delete('s'))
    await pass(5000)
    expect(await made.repository.findAll()).toEqual([])
  })

  it('does not get a row back that was deleted while it was being written (invariant 4)', async () => {
    const made = withRepository()
    await made.store.seed('s')
    const held = deferred()
    made.repository.mood = (verb) => (verb === 'save' ? held.promise : Promise.resolve())
    await within(made.sessions.restoreSession('s'))
    const deleting = made.sessions.delete('s')
    await pass(100)
    held.reject(new Error('database is down'))
    await within(deleting)
    made.repository.mood = () => Promise.resolve()
    await pass(10_000)
    expect(await made.repository.findAll()).toEqual([])
  })

  it('is never asked whether a session may be dialled', async () => {
    const made = withRepository()
    await made.store.seed('s')
    await made.repository.save('s', { status: 'logged_out', reason: 'logged_out' })
    expect(await within(made.sessions.restoreSession('s'))).toMatchObject({ outcome: 'restored' })
  })
})

describe('metadata', () => {
  it('given to connect is kept in the repository, and shown', async () => {
    const made = withRepository()
    expect(await within(made.sessions.connect('s', { metadata: { shop: 7 } }))).toMatchObject({ metadata: { shop: 7 } })
    await pass(10)
    expect(await made.repository.find('s')).toMatchObject({ metadata: { shop: 7 } })
    expect(made.events('status').at(-1)).toMatchObject({ metadata: { shop: 7 } })
  })

  it.each(['getStatus', 'restoreSession', 'restoreAll', 'connect'] as const)('of the repository is shown after %s', async (verb) => {
    const made = withRepository()
    await made.store.seed('s')
    await made.repository.save('s', { metadata: { shop: 7 } })
    await within<unknown>(verb === 'restoreAll' ? made.sessions.restoreAll() : made.sessions[verb]('s'))
    await pass(100)
    expect(await made.sessions.getStatus('s')).toMatchObject({ status: 'connected', metadata: { shop: 7 } })
    expect(await made.repository.find('s')).toMatchObject({ metadata: { shop: 7 } })
  })

  it('is not touched by what the library writes', async () => {
    const made = withRepository()
    await made.store.seed('s')
    await made.repository.save('s', { metadata: { shop: 7 } })
    await within(made.sessions.restoreSession('s'))
    await made.repository.save('s', { metadata: { shop: 8 } })
    await made.socket().close(428)
    await pass(5000)
    expect(await made.repository.find('s')).toMatchObject({ status: 'connected', metadata: { shop: 8 } })
  })
})

describe('restoreAll', () => {
  it('reports each session once, with its reason, and corrects what the repository claims', async () => {
    const made = withRepository({ restore: { delayMs: 0 } })
    const { store } = made
    await store.seed('paired')
    await store.seed('stopped', {}, { desired: 'stopped' })
    await store.seed('logged-out', {}, { loggedOutAt: new Date() })
    await store.seed('restricted', {}, { verdict: { kind: 'restricted', until: null } })
    await store.seed('running')
    await store.seed('elsewhere')
    await store.inner.write('corrupt', [{ type: 'creds', id: '', value: '' }])
    await store.inner.write('empty', [{ type: 'session', id: 'x', value: '"y"' }])
    await store.inner.lock.acquire('elsewhere')
    await within(made.sessions.restoreSession('running'))
    await made.repository.save('recorded', { status: 'connected', owner: 'long gone', metadata: { shop: 1 } })
    await made.repository.save('stopped', { status: 'connected', owner: 'long gone' })
    const progress: string[] = []
    const report = await within(made.sessions.restoreAll({ onProgress: ({ done, total, result }) => progress.push(`${done}/${total} ${result.sessionId}`) }))
    const list = (results: { sessionId: string; reason: string | null }[]): Record<string, string | null> =>
      Object.fromEntries(results.map(({ sessionId, reason }) => [sessionId, reason]))
    expect(report.total).toBe(9)
    expect(list(report.restored)).toEqual({ paired: null })
    expect(list(report.retrying)).toEqual({})
    expect(list(report.skipped)).toEqual({
      stopped: 'stopped',
      'logged-out': 'logged_out',
      running: 'already_connected',
      elsewhere: 'owned_elsewhere',
      empty: 'never_paired',
      recorded: 'never_paired',
    })
    expect(list(report.failed)).toEqual({ corrupt: 'credentials_corrupt', restricted: 'restricted' })
    expect(progress).toHaveLength(9)
    expect(progress.at(-1)).toMatch(/^9\/9 /)
    expect(
      made
        .events('restored')
        .map(({ sessionId }) => sessionId)
        .sort(),
    ).toEqual(['running', 'paired', 'stopped', 'logged-out', 'restricted', 'running', 'elsewhere', 'corrupt', 'empty', 'recorded'].sort())
    await pass(100)
    expect(await made.repository.find('recorded')).toMatchObject({ status: 'disconnected', reason: 'never_paired', owner: null, metadata: { shop: 1 } })
    expect(await made.repository.find('stopped')).toMatchObject({ status: 'disconnected', reason: 'stopped', owner: null })
  })

  it('takes a filter and a priority, and joins the record to each', async () => {
    const made = withRepository({ restore: { delayMs: 0, concurrency: 1 } })
    for (const id of ['a', 'b', 'c', 'd']) {
      await made.store.seed(id)
      await made.repository.save(id, { metadata: { rank: { a: 1, b: 3, c: 2, d: 0 }[id] } })
    }
    const order: string[] = []
    made.sessions.on('socket', ({ sessionId }) => {
      order.push(sessionId)
    })
    const report = await within(
      made.sessions.restoreAll({ filter: ({ sessionId }) => sessionId !== 'd', priority: ({ record }) => Number(record?.metadata['rank']) }),
    )
    expect([order, report.total]).toEqual([['b', 'c', 'a'], 3])
  })

  it('takes sessions without a rank for those of rank 0', async () => {
    const made = withRepository({ restore: { delayMs: 0, concurrency: 1 } })
    const ranks: Record<string, number | undefined> = { a: 1, b: undefined, c: -1, d: 3 }
    for (const id of Object.keys(ranks)) await made.store.seed(id)
    const order: string[] = []
    made.sessions.on('socket', ({ sessionId }) => {
      order.push(sessionId)
    })
    await within(made.sessions.restoreAll({ priority: ({ sessionId }) => Number(ranks[sessionId]) }))
    expect(order).toEqual(['d', 'a', 'b', 'c'])
  })

  it.each<[what: string, rows: unknown]>([
    ['null', [null]],
    ['no id', [{ status: 'connected' }]],
    ['a number for an id', [{ sessionId: 7, status: 'connected' }]],
    ['no list', { rows: [] }],
  ])('restores all the same where the repository answers with %s, and tells', async (_what, rows) => {
    const made = withRepository({ restore: { delayMs: 0 } })
    await made.store.seed('s')
    // What a mapper of the application may do.
    made.repository.findAll = () => Promise.resolve(rows as ConnectionRecord[])
    expect(await within(made.sessions.getStatuses())).toMatchObject([{ sessionId: 's' }])
    expect(await within(made.sessions.restoreAll())).toMatchObject({ total: 1, restored: [{ sessionId: 's' }] })
    expect(failures(made)).toEqual(['REPOSITORY_FAILED', 'REPOSITORY_FAILED'])
  })

  it('is shared by those who ask while it runs', async () => {
    const made = withRepository({ restore: { delayMs: 100 } })
    for (const id of ['a', 'b', 'c']) await made.store.seed(id)
    const [one, two] = await within(Promise.all([made.sessions.restoreAll(), made.sessions.restoreAll()]))
    expect(one).toBe(two)
    expect(made.baileys.sockets).toHaveLength(3)
    const again = await within(made.sessions.restoreAll())
    expect(again.skipped.map(({ reason }) => reason)).toEqual(['already_connected', 'already_connected', 'already_connected'])
  })

  it('can be called off, and by close', async () => {
    const made = withRepository({ restore: { delayMs: 1000, concurrency: 1 } })
    for (const id of ['a', 'b', 'c']) await made.store.seed(id)
    const stop = new AbortController()
    const aborted = made.sessions.restoreAll({ signal: stop.signal })
    await pass(500)
    stop.abort()
    expect(await within(aborted)).toMatchObject({ total: 3, restored: [{ sessionId: 'a' }], skipped: [{ reason: 'aborted' }, { reason: 'aborted' }] })
    await pass(10_000)
    expect(made.baileys.sockets).toHaveLength(1)
    const closed = made.sessions.restoreAll()
    await pass(500)
    await within(made.sessions.close())
    expect((await within(closed)).total).toBe(3)
  })

  it('one that goes on failing is retrying, and holds up nobody for longer than its retries', async () => {
    const made = withRepository({ restore: { delayMs: 0, concurrency: 1 } })
    for (const id of ['a', 'b']) await made.store.seed(id, { phone: id === 'a' ? '49151000001' : '49151000002' })
    made.script = (socket, index) => {
      ;(socket.phoneNumber === '49151000001'
        ? refusing(428)
        : (one: typeof socket) => {
            one.open()
          })(socket, index)
    }
    const report = await within(made.sessions.restoreAll())
    expect([report.retrying.map(({ sessionId }) => sessionId), report.restored.map(({ sessionId }) => sessionId)]).toEqual([['a'], ['b']])
    expect(report.durationMs).toBeLessThan(10_000)
  })

  it('rejects when the store cannot list its sessions', async () => {
    const made = withRepository()
    made.store.before = ({ verb }) => {
      if (verb === 'list') throw new Error('EACCES')
    }
    expect(await within(codeOf(made.sessions.restoreAll()))).toBe('STORE_UNAVAILABLE')
    made.store.before = ({ verb }) => (verb === 'list' ? never() : undefined)
    expect(await within(codeOf(made.sessions.restoreAll()))).toMatch(/^STORE_(UNAVAILABLE|TIMEOUT)$/)
  })

  it.each([
    [{ concurrency: 0 }, RangeError],
    [{ delayMs: -1 }, RangeError],
    [{ concurrency: '5' as unknown as number }, TypeError],
  ])('refuses %j', async (options, error) => {
    const made = withRepository()
    await expect(made.sessions.restoreAll(options)).rejects.toThrow(error)
  })
})
