// @module-tag full
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { PostgresSessionStore } from '../../src/postgres.js'
import { RigBuilds } from '../faults/support/rig-builds.js'
import { RigProcess } from '../faults/support/rig-process.js'
import { link } from '../faults/support/stored-records.js'
import { PostgresServer } from '../support/postgres-server.js'
import { openPool } from './postgres-clients.js'

const PATIENCE = { timeout: 30_000, interval: 20 }
const SCHEMA = 'src/adapters/postgres/schema-sql.ts'
/** The next version has a column more, and fills it with each renewal. */
const NEXT_SCHEMA = [
  { file: SCHEMA, from: 'SCHEMA_VERSION = 1', to: 'SCHEMA_VERSION = 2' },
  { file: SCHEMA, from: '  ...LOCK_FUNCTIONS,', to: "  'ALTER TABLE @.process ADD COLUMN IF NOT EXISTS renewed_by text',\n  ...LOCK_FUNCTIONS," },
  {
    file: 'src/adapters/postgres/lock-functions.ts',
    from: 'releases = releases + v_freed,',
    to: "releases = releases + v_freed, renewed_by = 'the next version',",
  },
]

/** The version before has no clusters, and looks for nothing of them in the schema. */
const NO_CLUSTERS = [
  { file: SCHEMA, from: '  ...CLUSTER_STATEMENTS,\n', to: '' },
  { file: 'src/adapters/postgres/postgres-schema.ts', from: " && fieldOf(seen, 'hasCluster') === true", to: '' },
  { file: 'src/adapters/postgres/postgres-lock-table.ts', from: '    this.cluster = new PostgresClusterTable(schema, leaseMs)\n', to: '' },
]

let builds: RigBuilds
let scripts: Readonly<Record<'before' | 'older' | 'newer', string>>
let server: PostgresServer
beforeAll(async () => {
  builds = new RigBuilds()
  const [before, older, newer] = await Promise.all([builds.make('before', NO_CLUSTERS), builds.make('older', []), builds.make('newer', NEXT_SCHEMA)])
  scripts = { before, older, newer }
})
afterAll(() => builds[Symbol.dispose]())

async function startServer(): Promise<PostgresServer> {
  server = await PostgresServer.start()
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

function start(build: keyof typeof scripts): Promise<RigProcess> {
  return RigProcess.start('postgres', String(server.port), { script: scripts[build] })
}

/** Rows of the schema, beside the stores. */
async function rowsOf(sql: string): Promise<unknown[]> {
  const pool = openPool(server.url, { max: 1 })
  try {
    return (await pool.query<Record<string, unknown>>(sql)).rows
  } finally {
    await pool.end()
  }
}

const renewedBy = (): Promise<unknown[]> => rowsOf('SELECT renewed_by FROM baileys_sessions.process GROUP BY renewed_by')

it('a process of the version before goes on with what it runs when a newer one changes the schema, takes no more, and is taken over from', async () => {
  const { port } = await startServer()
  await link('postgres', String(port), 'old', 'new', 'free')
  const older = await start('older')
  expect([await older.call('restore', 'old'), await older.call('write', 'old', 'x')]).toEqual(['restored', 'stored'])
  const newer = await start('newer')
  expect([await newer.call('restore', 'new'), await newer.call('write', 'new', 'x')]).toEqual(['restored', 'stored'])
  expect([await older.call('restore', 'new'), await newer.call('restore', 'old')]).toEqual(['skipped owned_elsewhere', 'skipped owned_elsewhere'])
  // Both leases are renewed by the function of the newer one.
  await vi.waitFor(async () => expect(await renewedBy()).toEqual([{ renewed_by: 'the next version' }]), PATIENCE)
  expect(await older.call('write', 'old', 'y')).toBe('stored')
  expect(await older.call('restore', 'free')).toBe('retrying storage_unavailable')
  expect(await older.call('errors')).toEqual(expect.arrayContaining([expect.stringContaining('Update baileys-sessions')]))
  expect([await older.call('status', 'old'), await newer.call('restore', 'free')]).toEqual(['connected', 'restored'])
  await older.script.kill('SIGKILL')
  await vi.waitFor(async () => expect(await newer.call('status', 'old')).toBe('connected'), PATIENCE)
  expect([await newer.call('read', 'old', 'x0'), await newer.call('read', 'old', 'y0')]).toEqual(['x'.repeat(32), 'y'.repeat(32)])
  await newer.call('close')
})

it('a process of the version before that comes later is refused in words before it takes a lease', async () => {
  const { port } = await startServer()
  await link('postgres', String(port), 'shop', 'other')
  const newer = await start('newer')
  expect(await newer.call('restore', 'shop')).toBe('restored')
  const older = await start('older')
  for (const sessionId of ['shop', 'other']) expect(await older.call('restore', sessionId)).toBe('retrying storage_unavailable')
  expect(await older.call('errors')).toEqual(
    expect.arrayContaining([expect.stringMatching(/has version 2, but .* only knows version 1.*Update baileys-sessions/u)]),
  )
  expect([await older.call('dials'), await newer.call('status', 'shop')]).toEqual([0, 'connected'])
  expect(await rowsOf('SELECT count(*)::integer AS processes FROM baileys_sessions.process')).toEqual([{ processes: 1 }])
  await newer.call('close')
  await older.call('close')
})

it('a process of the version without clusters goes on, takes more, and is followed', async () => {
  const { port, url } = await startServer()
  await link('postgres', String(port), 'old', 'new', 'free')
  const before = await start('before')
  expect(await before.call('restore', 'old')).toBe('restored')
  const after = await start('older')
  expect([await after.call('restore', 'new'), await after.call('restore', 'old')]).toEqual(['restored', 'skipped owned_elsewhere'])
  const pool = openPool(url, { max: 1 })
  const store = new PostgresSessionStore({ client: pool })
  onTestFinished(async () => {
    await store.close()
    await pool.end()
  })
  const follower = store.lock.cluster?.follow()
  const told = async (): Promise<unknown> => (await follower?.next())?.locks.map(({ sessionId, processId }) => [sessionId, processId !== null]).sort()
  expect(await told()).toEqual([
    ['new', true],
    ['old', true],
  ])
  expect([await before.call('restore', 'free'), await before.call('write', 'free', 'x')]).toEqual(['restored', 'stored'])
  expect([await after.call('restore', 'free'), await told()]).toEqual(['skipped owned_elsewhere', [['free', true]]])
  await before.script.kill('SIGKILL')
  await vi.waitFor(async () => expect([await after.call('status', 'old'), await after.call('status', 'free')]).toEqual(['connected', 'connected']), PATIENCE)
  expect([await told(), await after.call('read', 'free', 'x0')]).toEqual([
    [
      ['free', true],
      ['old', true],
    ],
    'x'.repeat(32),
  ])
  // One that comes later finds what it needs.
  const again = await start('before')
  expect(await again.call('restore', 'old')).toBe('skipped owned_elsewhere')
  await after.call('close')
  await vi.waitFor(async () => expect(await again.call('status', 'old')).toBe('connected'), PATIENCE)
  await again.call('close')
})
