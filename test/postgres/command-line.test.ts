import { afterAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { POSTGRES_DRIVERS } from '../../src/cli/stores/postgres-drivers.js'
import { PostgresSessionStore } from '../../src/adapters/postgres/postgres-session-store.js'
import { runCommand } from '../cli/command-line.js'
import { contentOf, describeServerStore, PASSWORD, type ServerPlace } from '../cli/server-store.js'
import { fileStore, someKeys, storePaired } from '../cli/stored-sessions.js'
import { REDIS_PROGRAM, RedisServer } from '../support/redis-server.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { openPool } from './postgres-clients.js'
import { newSchema } from './postgres-subjects.js'

const server = inject('postgresUrl')
const client = openPool(server)
afterAll(() => client.end())

/** The server lets everybody in, whatever the password. */
function urlOf(port = new URL(server).port, user = 'postgres'): string {
  return `postgres://${user}:${PASSWORD}@127.0.0.1:${port}/postgres`
}

function open(): ServerPlace {
  const schema = newSchema()
  const name = `${urlOf()}?schema=${schema}`
  const store = new PostgresSessionStore({ client, schema })
  onTestFinished(async () => {
    await store.close()
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
  })
  return { name, shown: name.replace(PASSWORD, '***'), store }
}

describeServerStore('PostgreSQL', {
  open,
  elsewhere: (port) => urlOf(String(port), 'user'),
  line: /^PostgreSQL \d+\.\d+, schema version 1, 1 process has a lease$/mu,
  // The server of the tests does not wait for its disk.
  report: { needsPerson: true, findings: [{ code: 'server_may_lose_sessions', message: expect.stringContaining('"fsync = off"') }] },
  oldTexts: 'VACUUM FULL',
})

it.each(POSTGRES_DRIVERS)('PostgreSQL is reached with $packageName', async ({ load }) => {
  const { client: connected, close } = await (await load())(urlOf())
  expect(await connected.query('SELECT $1::text AS answer', ['a'])).toMatchObject({ rows: [{ answer: 'a' }] })
  await close()
})

it('a database that is not there is told, and no password', async () => {
  const { code, output, errors } = await runCommand(['list', `${urlOf()}_none`])
  expect([code, output]).toEqual([1, ''])
  expect(errors).toContain('/postgres_none. Could not look for the tables of a store in PostgreSQL.')
  expect(errors).toContain('3D000')
  expect(errors).not.toContain('canary')
})

it.each(['doctor', 'status', 'list'])('%s says of tables of an older version what brings them up to date, and does not do it', async (command) => {
  const { name, shown, store } = open()
  await storePaired(store, 'a')
  const schema = new URL(name).searchParams.get('schema') ?? ''
  const versionFunction = (body: string): Promise<unknown> =>
    client.query(`CREATE OR REPLACE FUNCTION ${schema}.schema_version() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT ${body}'`)
  await versionFunction('0')
  const { code, output, errors } = await runCommand([command, name])
  expect([code, output]).toEqual([1, ''])
  expect(errors).toContain(`The tables of ${shown} have schema version 0, but this baileys-sessions reads version 1.`)
  expect((await client.query(`SELECT ${schema}.schema_version() AS version`)).rows).toEqual([{ version: 0 }])
  await versionFunction('1')
  expect((await runCommand(['list', name])).output).toBe('a\n')
})

it('what schema prints makes tables that a store takes for its own', async () => {
  const [schema, table] = [newSchema(), newSchema()]
  const { code, output, errors } = await runCommand(['schema', 'postgres', '--schema', schema, '--table', table, '--role', 'postgres'])
  expect([code, errors]).toEqual([0, ''])
  onTestFinished(async () => {
    await client.query(`DROP SCHEMA ${schema} CASCADE; DROP TABLE ${table}`)
  })
  for (let time = 0; time < 2; time++) await client.query(output)
  expect(await runCommand(['list', `${urlOf()}?schema=${schema}`])).toEqual({ code: 0, output: '', errors: '' })
  expect((await client.query(`SELECT status FROM ${table}`)).rows).toEqual([])
})

describe.skipIf(REDIS_PROGRAM === null)('from one engine to the next', () => {
  it.each([['plain'], ['encrypted']])('every record arrives, when it is %s', async (manner) => {
    const redis = await RedisServer.start()
    onTestFinished(() => redis.close())
    const folder = temporaryFolder()
    const keys = `${folder}/keys.json`
    await runCommand(['new-key', keys])
    const from = fileStore(`${folder}/from`)
    for (const sessionId of ['a', 'b']) await storePaired(from, sessionId)
    await from.write('b', someKeys(812))
    const before = await contentOf(from)
    const options = manner === 'plain' ? [] : ['--from-key-file', keys, '--to-key-file', keys]
    if (manner === 'encrypted') await runCommand(['encrypt', `fs:${folder}/from`, '--key-file', keys])
    const stops = [`fs:${folder}/from`, `redis://127.0.0.1:${redis.port}`, open().name, `fs:${folder}/back`]
    for (let index = 1; index < stops.length; index++) {
      const { output } = await runCommand(['copy', stops[index - 1] ?? '', stops[index] ?? '', ...options])
      expect(output).toBe('Copied 2 sessions, 0 unchanged, 0 failed.\n')
    }
    const last = manner === 'plain' ? 'back' : 'plain'
    if (manner === 'encrypted') await runCommand(['copy', `fs:${folder}/back`, `fs:${folder}/plain`, '--from-key-file', keys, '--allow-plain'])
    expect(await contentOf(fileStore(`${folder}/${last}`))).toEqual(before)
  })
})
