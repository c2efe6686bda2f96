// @module-tag full
import { describe, expect, it, vi } from 'vitest'
import { CREDS_KEY, MemorySessionStore, type SessionManager } from '../../src/index.js'
import { pairedCreds } from '../../src/testing/index.js'
import { eventually } from './eventually.js'
import { FRAMEWORKS, openExample, pair } from './example-server.js'
import { StreamReader } from './stream-reader.js'

type Method = 'getStatus' | 'getStatuses'

/** Holds up the next answer of a method: either before it looks, or between its look and its answer. */
function holdUp(sessions: SessionManager, method: Method, when: 'before the look' | 'after the look'): { isAsked: () => boolean; letGo: () => void } {
  let [isAsked, letGo] = [false, (): void => undefined]
  const gate = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const look = async <Seen>(see: () => Promise<Seen>): Promise<Seen> => {
    isAsked = true
    if (when === 'before the look') return gate.then(see)
    const seen = await see()
    await gate
    return seen
  }
  const [one, all] = [sessions.getStatus.bind(sessions), sessions.getStatuses.bind(sessions)]
  if (method === 'getStatus') vi.spyOn(sessions, 'getStatus').mockImplementationOnce(async (...asked) => look(() => one(...asked)))
  else vi.spyOn(sessions, 'getStatuses').mockImplementationOnce(async () => look(all))
  return {
    isAsked: () => isAsked,
    letGo: () => {
      letGo()
    },
  }
}

async function storeOf(count: number): Promise<MemorySessionStore> {
  const store = new MemorySessionStore()
  for (let index = 0; index < count; index++)
    await store.write(`company-${index}`, [{ ...CREDS_KEY, value: pairedCreds({ phone: `4917000${String(index).padStart(5, '0')}` }) }])
  return store
}

describe.each(FRAMEWORKS)('what a stream begins with on %s', (_name, start) => {
  it.each([
    ['acme', 'getStatus', 'before the look'],
    ['acme', 'getStatus', 'after the look'],
    [null, 'getStatuses', 'before the look'],
    [null, 'getStatuses', 'after the look'],
  ] as const)('for %s, with changes while %s is held up %s, is complete and in order', async (companyId, method, when) => {
    const example = await openExample({ start })
    await pair(example, 'globex', '5511912345670')
    const client = companyId === null ? await example.admin() : await example.agent(companyId)
    const look = holdUp(example.sessions, method, when)
    const opening = StreamReader.open(client, companyId)
    await eventually(() => {
      expect(look.isAsked()).toBe(true)
    })
    // Another task, so that a look that is not held up has ended.
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
    await pair(example, 'acme', '5511912345678')
    look.letGo()
    const reader = await opening
    await example.sessions.stop('acme')
    const told = (): unknown[] =>
      reader
        .events('status')
        .filter(({ data }) => data['company_id'] === 'acme')
        .map(({ data }) => data['status'])
    await eventually(() => {
      expect(told()).toEqual(['connecting', 'pairing', 'connecting', 'connected', 'disconnected'])
    })
    if (companyId === null) expect(reader.events('status')[0]?.data).toMatchObject({ company_id: 'globex', status: 'connected' })
    else expect(reader.events('pairing')).toHaveLength(1)
  })

  it('counts forward while sessions are restored', async () => {
    const example = await openExample({ start, manager: { store: await storeOf(5), restore: { delayMs: 50, concurrency: 1 } } })
    const look = holdUp(example.sessions, 'getStatuses', 'after the look')
    const opening = StreamReader.open(await example.admin(), null)
    await eventually(() => {
      expect(example.server.live.restoration.view(null)).toMatchObject({ done: 5, finished: true })
    })
    look.letGo()
    const reader = await opening
    await eventually(() => {
      expect(reader.events('restore').at(-1)?.data).toMatchObject({ finished: true })
    })
    const done = reader.events('restore').map(({ data }) => Number(data['done']))
    expect(done).toEqual(done.toSorted((left, right) => left - right))
    expect(done.length).toBeGreaterThan(2)
  })

  it('is as long as there are sessions, and no client is taken for one that does not read because of that', async () => {
    const example = await openExample({ start, manager: { store: await storeOf(500), restore: { delayMs: 10_000 } }, streams: { waitingBytes: 16 * 1024 } })
    const reader = await StreamReader.open(await example.admin(), null)
    await eventually(() => {
      expect(reader.events('status').length).toBeGreaterThanOrEqual(500)
    })
    await pair(example, 'acme', '5511912345678')
    await eventually(() => {
      expect(reader.events('status').at(-1)?.data).toMatchObject({ company_id: 'acme', status: 'connected' })
    })
    expect(reader.hasEnded).toBe(false)
  })
})
