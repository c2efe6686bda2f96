import { expect, it, vi } from 'vitest'
import { CREDS_KEY, MemorySessionStore } from '../../src/index.js'
import { pairedCreds } from '../../src/testing/index.js'
import { History } from '../../examples/express/live/history.js'
import { openExample } from './example-server.js'
import { StreamReader } from './stream-reader.js'
import { eventually } from './eventually.js'

async function storeOf(...companyIds: string[]): Promise<MemorySessionStore> {
  const store = new MemorySessionStore()
  for (const [index, companyId] of companyIds.entries()) await store.write(companyId, [{ ...CREDS_KEY, value: pairedCreds({ phone: `49170000000${index}` }) }])
  return store
}

it('brings every session back from when the server listens on, which nobody waits for, and tells how far it is', async () => {
  const example = await openExample({ manager: { store: await storeOf('acme', 'globex', 'initech'), restore: { delayMs: 100, concurrency: 1 } } })
  const [admin, acme, stranger] = [
    await StreamReader.open(await example.admin(), null),
    await StreamReader.open(await example.agent('acme'), 'acme'),
    await StreamReader.open(await example.agent('umbrella'), 'umbrella'),
  ]
  expect((await (await example.agent('initech')).get('/api/whatsapp/status')).body).toMatchObject({ status: expect.stringMatching(/^connect(?:ing|ed)$/u) })

  const finished = { retrying: 0, skipped: 0, failed: 0, finished: true }
  await eventually(() => {
    expect(admin.events('restore').at(-1)?.data).toEqual({ ...finished, done: 3, total: 3, restored: 3 })
  })
  await eventually(() => {
    expect(acme.events('restore').at(-1)?.data).toEqual({ ...finished, done: 1, total: 1, restored: 1 })
  })
  const done = admin.events('restore').map(({ data }) => Number(data['done']))
  expect(done).toEqual(done.toSorted((left, right) => left - right))
  // A company is not told how many others there are.
  for (const { data } of [...acme.events('restore'), ...stranger.events('restore')]) expect(data['total']).toBeLessThanOrEqual(1)
  await eventually(() => {
    expect(stranger.events('restore').at(-1)?.data).toEqual({ ...finished, done: 0, total: 0, restored: 0 })
  })
  expect(await example.sessions.getStatuses()).toMatchObject(['acme', 'globex', 'initech'].map((sessionId) => ({ sessionId, status: 'connected' })))
})

it('listens to the manager no more once it is closed', async () => {
  const example = await openExample()
  const off = vi.spyOn(example.sessions, 'off')
  await example.server.close()
  expect(off.mock.calls.map(([event]) => event).sort()).toEqual([
    'connected',
    'disconnected',
    'error',
    'logged-out',
    'pairing-code',
    'pairing-code',
    'qr',
    'restored',
    'status',
    'status',
  ])
})

it('remembers the last 200 things that happened to each company', () => {
  const history = new History()
  for (let count = 1; count <= 250; count++) history.add('acme', { kind: 'status', message: String(count) })
  history.add('globex', { kind: 'status', message: 'other' })
  const messages = history.of('acme').map(({ message }) => message)
  expect([messages.length, messages[0], messages.at(-1)]).toEqual([200, '250', '51'])
  expect(history.of('globex')).toEqual([{ at: expect.any(String), kind: 'status', status: null, reason: null, code: null, message: 'other' }])
  expect(history.of('__proto__')).toEqual([])
})
