import { afterAll, beforeEach, expect, it, type MockInstance, vi } from 'vitest'
import { postgresConnectionsTable } from '../../src/adapters/postgres/connections-table.js'
import { SupabaseConnectionRepository } from '../../src/supabase.js'
import { newSchema } from '../postgres/postgres-subjects.js'
import { clientOf, startProject } from './supabase-projects.js'

const project = await startProject()
afterAll(() => project[Symbol.asyncDispose]())

let warning: MockInstance<typeof process.emitWarning>
beforeEach(() => {
  warning = vi.spyOn(process, 'emitWarning').mockReturnValue()
})

/** A table with policies, and one row that only the service role sees. */
async function guardedTable(...policies: string[]): Promise<string> {
  const table = newSchema()
  await project.run(postgresConnectionsTable({ table }))
  await project.run(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`)
  for (const [index, policy] of policies.entries()) await project.run(`CREATE POLICY p${index} ON ${table} ${policy}`)
  await project.run(`INSERT INTO ${table} (session_id, status) VALUES ('hidden', 'failed')`)
  return table
}

const open = (key: string, table: string): SupabaseConnectionRepository => new SupabaseConnectionRepository({ client: clientOf(project, key), table })

it.each([
  ['a secret key', project.keys.secret],
  ['a service-role key', project.keys.serviceRole],
])('%s sees past every policy, and nobody is warned', async (_what, key) => {
  const table = await guardedTable()
  const repository = open(key, table)
  expect(await repository.findAll()).toHaveLength(1)
  await repository.save('new', { status: 'connecting' })
  await repository.save('hidden', { owner: 'me' })
  expect(await repository.find('hidden')).toMatchObject({ status: 'failed', owner: 'me' })
  expect(warning).not.toHaveBeenCalled()
})

it.each([
  ['a publishable key', project.keys.publishable],
  ['an anon key', project.keys.anon],
  ['a token of somebody', project.keys.token({ role: 'authenticated' })],
])('%s gets a warning once', (_what, key) => {
  const repository = open(key, 'connections')
  expect(repository).toBeDefined()
  expect(warning).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('policies (RLS) may hide connections'), { code: 'BAILEYS_SESSIONS_SUPABASE' })
})

it('a hidden row reads as none, and a save that does not reach it rejects', async () => {
  const table = await guardedTable(`FOR SELECT USING (status <> 'failed')`, 'FOR INSERT WITH CHECK (true)', 'FOR UPDATE USING (true)')
  const repository = open(project.keys.publishable, table)
  expect(await repository.find('hidden')).toBeNull()
  expect(await repository.findAll()).toEqual([])
  for (const changes of [{ owner: 'me' }, {}]) {
    await expect(repository.save('hidden', changes)).rejects.toMatchObject({
      code: 'REPOSITORY_FAILED',
      sessionId: 'hidden',
      message: expect.stringMatching(/cannot be read back: a policy \(RLS\)/u),
    })
  }
  expect(await project.run(`SELECT owner FROM ${table}`)).toEqual([{ owner: null }])
  // What the policies allow works.
  await repository.save('seen', { owner: 'me' })
  await repository.save('seen', { status: 'connected' })
  expect(await repository.find('seen')).toMatchObject({ owner: 'me', status: 'connected' })
})

it.each([
  ['no policy at all', []],
  ['a policy that only lets insert', ['FOR INSERT WITH CHECK (true)']],
])('%s refuses a new row, and RLS is named', async (_what, policies) => {
  const repository = open(project.keys.anon, await guardedTable(...policies))
  await expect(repository.save('new', { status: 'connected' })).rejects.toMatchObject({
    code: 'REPOSITORY_FAILED',
    message: expect.stringMatching(/a policy \(RLS\) of the table refuses it.*42501/u),
    cause: { code: '42501' },
  })
})
