import { afterAll, expect, inject, it, onTestFinished } from 'vitest'
import { PostgresSessionStore } from '../../src/adapters/postgres/postgres-session-store.js'
import { postgresSchema } from '../../src/adapters/postgres/schema-sql.js'
import { CREDS_KEY } from '../../src/store/session-store.js'
import { collect } from '../support/collect.js'
import { type OpenClient, openPool, PG_POOL } from './postgres-clients.js'
import { newSchema, PostgresSubjects } from './postgres-subjects.js'

const subjects = new PostgresSubjects(PG_POOL)
afterAll(() => subjects[Symbol.asyncDispose]())

const creds = { ...CREDS_KEY, value: 'c' }

function open(schema: string, client: OpenClient = subjects.client): PostgresSessionStore {
  const store = new PostgresSessionStore({ client, schema })
  onTestFinished(() => store.close().catch(() => undefined))
  return store
}

/** A client of a user who may do no more than is granted. */
async function userWith(name: string, settings = ''): Promise<OpenClient> {
  await subjects.run(`CREATE ROLE ${name} LOGIN`)
  if (settings !== '') await subjects.run(`ALTER ROLE ${name} SET ${settings}`)
  const url = new URL(inject('postgresUrl'))
  url.username = name
  const pool = openPool(url.href)
  onTestFinished(() => pool.end())
  return pool
}

/** Every call of a cluster, by a process that holds the lock of session "a". */
async function useCluster({ lock: { cluster } }: PostgresSessionStore, fencingToken: number): Promise<void> {
  const follower = cluster?.follow()
  await cluster?.announce('here')
  const news = await follower?.next()
  await cluster?.note('a', fencingToken, 'noted')
  expect((await follower?.next())?.locks).toMatchObject([{ sessionId: 'a', text: 'noted' }])
  expect([await cluster?.askToDrain(news?.processes[0]?.id ?? ''), (await cluster?.holding('a'))?.text]).toEqual([true, 'noted'])
  await cluster?.leave()
}

it('the tables are created once, by however many begin at once', async () => {
  const schema = newSchema()
  const stores = Array.from({ length: 8 }, () => open(schema))
  await Promise.all(stores.map((store, index) => store.write(`s${index}`, [creds])))
  expect(await collect(open(schema).list())).toHaveLength(8)
})

it('tables of a newer version are refused in words, and left as they are', async () => {
  const schema = newSchema()
  await open(schema).write('a', [creds])
  await subjects.run(`CREATE OR REPLACE FUNCTION ${schema}.schema_version() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2'`)
  const message = /version 2, but this baileys-sessions only knows version 1.*Update baileys-sessions/u
  await expect(open(schema).read('a', [CREDS_KEY])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringMatching(message) })
})

it('a process that was there before them goes on with what it holds, and takes nothing more', async () => {
  const schema = newSchema()
  const store = open(schema)
  const lease = await store.lock.acquire('a')
  await subjects.run(`CREATE OR REPLACE FUNCTION ${schema}.schema_version() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2'`)
  await store.write('a', [creds], lease ?? {})
  expect(await store.read('a', [CREDS_KEY])).toEqual([creds])
  await expect(store.lock.acquire('b')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('Update baileys-sessions') })
})

it('a schema that was dropped under a store is created again', async () => {
  const schema = newSchema()
  const store = open(schema)
  await store.write('a', [creds])
  await subjects.run(`DROP SCHEMA ${schema} CASCADE`)
  expect(await store.read('a', [CREDS_KEY])).toEqual([])
  await store.write('a', [creds])
  expect(await store.read('a', [CREDS_KEY])).toEqual([creds])
})

it('a user who may not create the tables is told what to run, and needs no more than that grants', async () => {
  const schema = newSchema()
  const role = `user_${schema}`
  const client = await userWith(role)
  await expect(open(schema, client).read('a', [CREDS_KEY])).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringMatching(/may not create them\..*postgresSchema\(\{ schema, role \}\)/u),
  })
  const script = postgresSchema({ schema, role })
  await subjects.run(script)
  // It may be run again.
  await subjects.run(script)
  const store = open(schema, client)
  const lease = await store.lock.acquire('a')
  await store.write('a', [creds], lease ?? {})
  expect(await collect(store.list())).toEqual(['a'])
  await useCluster(store, lease?.fencingToken ?? 0)
  await store.delete('a', lease ?? {})
  await lease?.release()
})

it('a user who may not add to tables of a version without clusters is told what to run, and the version before goes on', async () => {
  const schema = newSchema()
  const role = `user_${schema}`
  const client = await userWith(role)
  await subjects.run(postgresSchema({ schema, role }))
  const older = open(schema, client)
  const lease = await older.lock.acquire('a')
  await subjects.run(`DROP FUNCTION ${schema}.count_change() CASCADE`)
  await expect(open(schema, client).read('a', [CREDS_KEY])).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringMatching(/or those of an older version.*postgresSchema\(\{ schema, role \}\)/u),
  })
  await older.write('a', [creds], lease ?? {})
  await subjects.run(postgresSchema({ schema, role }))
  await older.lock.acquire('b')
  expect(await open(schema, client).read('a', [CREDS_KEY])).toEqual([creds])
  expect((await older.lock.cluster?.follow().next())?.locks.map(({ sessionId }) => sessionId).sort()).toEqual(['a', 'b'])
})

it('a user who may not look into the schema is told so', async () => {
  const schema = newSchema()
  await open(schema).write('a', [creds])
  const client = await userWith(`user_${schema}`)
  await expect(open(schema, client).read('a', [CREDS_KEY])).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringMatching(/Grant it USAGE.*SQLSTATE 42501/u),
  })
})

it('a server that only reads is told from one that fails; what is there can be read', async () => {
  const schema = newSchema()
  await open(schema).write('a', [creds])
  const role = `user_${schema}`
  const client = await userWith(role, 'default_transaction_read_only = on')
  await subjects.run(postgresSchema({ schema, role }))
  const store = open(schema, client)
  expect(await store.read('a', [CREDS_KEY])).toEqual([creds])
  for (const call of [() => store.write('a', [creds]), () => store.lock.acquire('a')])
    await expect(call()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('Connect to the primary') })
})

it('a user whose transactions would not see what was committed before them is refused', async () => {
  const schema = newSchema()
  const client = await userWith(`user_${schema}`, "default_transaction_isolation = 'repeatable read'")
  await expect(open(schema, client).read('a', [])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('ALTER ROLE') })
})

it('a write is on the disk when it resolves, also for a user who has that turned off', async () => {
  const schema = newSchema()
  const role = `user_${schema}`
  const client = await userWith(role, 'synchronous_commit = off')
  await subjects.run(postgresSchema({ schema, role }))
  // Seen from inside: what holds when the transaction commits.
  await subjects.run(
    `CREATE FUNCTION ${schema}.look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.value := current_setting('synchronous_commit'); RETURN NEW; END $$`,
  )
  await subjects.run(`CREATE TRIGGER look BEFORE INSERT ON ${schema}.record FOR EACH ROW EXECUTE FUNCTION ${schema}.look()`)
  const store = open(schema, client)
  await store.write('a', [creds])
  expect(await store.read('a', [CREDS_KEY])).toEqual([{ ...creds, value: 'on' }])
  const { rows } = await client.query("SELECT current_setting('synchronous_commit') AS setting", [])
  expect(rows).toEqual([{ setting: 'off' }])
})
