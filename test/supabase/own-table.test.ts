// The example of the documentation: an application's own table, while a session is linked, works, and is unlinked.
import { readFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { instances } from '../../examples/supabase/connections.js'
import { MemorySessionStore, SessionManager } from '../../src/index.js'
import { FakeBaileys } from '../../src/testing/index.js'
import { codeBlocksOf, readPage } from '../docs/markdown.js'
import { clientOf, startProject } from './supabase-projects.js'

const SQL = readFileSync('examples/supabase/table.sql', 'utf8')
const COMPANY = '2f1c9a50-6b1e-4b7e-9d6f-0f4c1f6d9a11'

const project = await startProject()
afterAll(() => project[Symbol.asyncDispose]())

it('is what the page shows', () => {
  const blocks = codeBlocksOf(readPage('docs/supabase.md')).map(({ code }) => code)
  expect(blocks).toContain(SQL)
  expect(blocks).toContain(readFileSync('examples/supabase/connections.ts', 'utf8'))
})

it("shows where each session stands, and leaves the application's columns alone", async () => {
  await project.run(SQL)
  const client = clientOf(project)
  await client.from('instances').insert({ company: COMPANY, slug: 'shop', display_name: 'The shop', settings: { language: 'pt' } })
  const row = async (): Promise<unknown> => (await client.from('instances').select()).data?.[0]

  const repository = instances(client)
  const baileys = new FakeBaileys({ onSocket: (socket) => socket.welcome() })
  const sessions = new SessionManager({ store: new MemorySessionStore(), repository, baileys })
  await sessions.connect('shop')
  const pairing = await baileys.takeSocket()
  pairing.pairSuccess({ phone: '5511912345678' })
  await pairing.close(515)
  await sessions.waitUntilConnected('shop')
  await sessions.close()

  const own = { company: COMPANY, slug: 'shop', display_name: 'The shop', settings: { language: 'pt' } }
  expect(await row()).toMatchObject({ ...own, phone: 5_511_912_345_678, connected_at: expect.any(String) })
  expect(await repository.find('shop')).toMatchObject({ phoneNumber: '5511912345678', owner: null, metadata: { language: 'pt' } })

  const people = async (company: string): Promise<unknown> => {
    const token = project.keys.token({ role: 'authenticated', company })
    return (await clientOf(project, project.keys.publishable).from('instances').select('slug').setHeader('Authorization', `Bearer ${token}`)).data
  }
  expect(await people(COMPANY)).toEqual([{ slug: 'shop' }])
  expect(await people('00000000-0000-4000-8000-000000000000')).toEqual([])
})

it('a session that the application does not know is refused, since its own columns have no default', async () => {
  await expect(instances(clientOf(project)).save('unknown', { status: 'connecting' })).rejects.toThrow(/Columns of your own need a default.*23502/u)
})
