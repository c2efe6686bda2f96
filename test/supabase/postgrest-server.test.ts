// What the other tests here rely on: the server answers supabase-js as PostgREST does.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { clientOf, startProject } from './supabase-projects.js'

const project = await startProject()
const client = clientOf(project)
beforeAll(() =>
  project.run(`CREATE TABLE fruit (name text PRIMARY KEY, colour text DEFAULT 'green', weight int); CREATE TABLE own (company text, name text);
  INSERT INTO fruit VALUES ('apple', 'red', 150), ('fig', 'purple', 50), ('kiwi', DEFAULT, 75), ('lime', DEFAULT, NULL)`),
)
afterAll(() => project[Symbol.asyncDispose]())

it('filters, sorts, pages and counts', async () => {
  const all = client.from('fruit').select('kind:name, grams:weight::text', { count: 'exact' })
  expect(await all.gte('weight', 50).order('weight', { ascending: false }).range(1, 2)).toMatchObject({
    status: 206,
    count: 3,
    data: [
      { kind: 'kiwi', grams: '75' },
      { kind: 'fig', grams: '50' },
    ],
  })
  expect(await client.from('fruit').select().is('weight', null)).toMatchObject({ status: 200, data: [{ name: 'lime', colour: 'green', weight: null }] })
})

it('inserts, merges, ignores, changes and removes', async () => {
  const table = client.from('fruit')
  const pear = { name: 'pear', weight: 180 }
  expect(await table.insert(pear)).toMatchObject({ status: 201, data: null })
  expect(await table.insert(pear)).toMatchObject({ status: 409, error: { code: '23505' } })
  expect(await table.upsert({ ...pear, weight: 1 }, { ignoreDuplicates: true, onConflict: 'name' }).select()).toMatchObject({ status: 201, data: [] })
  expect(await table.upsert({ ...pear, weight: 170 }, { onConflict: 'name' }).select()).toMatchObject({
    data: [{ name: 'pear', colour: 'green', weight: 170 }],
  })
  expect(await table.update({ colour: 'brown' }).eq('name', 'pear')).toMatchObject({ status: 204, data: null })
  expect(await table.delete().eq('name', 'pear').select()).toMatchObject({ status: 200, data: [{ colour: 'brown' }] })
  expect(await table.delete().eq('name', 'pear').select()).toMatchObject({ data: [] })
})

it('refuses in the words of PostgREST', async () => {
  expect(await client.from('vegetable').select()).toMatchObject({ status: 404, error: { code: 'PGRST205' } })
  expect(await client.from('fruit').update({ taste: 'sour' }).eq('name', 'lime')).toMatchObject({ status: 400, error: { code: 'PGRST204' } })
  expect(await client.from('fruit').select('taste')).toMatchObject({ status: 400, error: { code: '42703', hint: null, details: null } })
  expect(await client.from('fruit').select('a(b)')).toMatchObject({ status: 400, error: { code: 'PGRST100' } })
})

it('asks the database as the role of the key or the token', async () => {
  await project.run(`ALTER TABLE own ENABLE ROW LEVEL SECURITY;
    CREATE POLICY mine ON own FOR SELECT TO authenticated USING (company = current_setting('request.jwt.claims')::json ->> 'company');
    INSERT INTO own VALUES ('a', 'of a'), ('b', 'of b')`)
  const { keys } = project
  const seen = async (key: string): Promise<unknown> => (await clientOf(project, key).from('own').select('name').order('name')).data
  expect(await seen(keys.secret)).toHaveLength(2)
  expect(await seen(keys.serviceRole)).toHaveLength(2)
  expect(await seen(keys.publishable)).toEqual([])
  expect(await seen(keys.anon)).toEqual([])
  const signedIn = clientOf(project, keys.anon).from('own').select('name')
  expect(await signedIn.setHeader('Authorization', `Bearer ${keys.token({ role: 'authenticated', company: 'b' })}`)).toMatchObject({ data: [{ name: 'of b' }] })
  expect(await clientOf(project, keys.anon).from('own').insert({ company: 'a' })).toMatchObject({ status: 401, error: { code: '42501' } })
})

it('takes no other keys, and no tokens that are old or signed by others', async () => {
  const ask = async (key: string, token?: string): Promise<unknown> => {
    const request = clientOf(project, key).from('fruit').select()
    return token === undefined ? request : request.setHeader('Authorization', `Bearer ${token}`)
  }
  const { anon, token } = { anon: project.keys.anon, token: project.keys.token({ role: 'authenticated', exp: 1 }) }
  expect(await ask('sb_secret_of-another')).toMatchObject({ status: 401, error: { message: 'Invalid API key' } })
  expect(await ask(anon, token)).toMatchObject({ status: 401, error: { code: 'PGRST303' } })
  expect(await ask(anon, `${token}x`)).toMatchObject({ status: 401, error: { code: 'PGRST301' } })
})
