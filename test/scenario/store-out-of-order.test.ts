import { describe, expect, it } from 'vitest'
import type { SessionStore, StoredRecord } from '../../src/index.js'
import type { WatchedSessionStore } from '../support/watched-session-store.js'
import { codeOf, inFakeTime, pass, scenario, within, type Scenario } from '../support/scenario.js'

inFakeTime()

type Around = (store: WatchedSessionStore) => SessionStore

/** A store whose reads are answered with something else. TypeScript would not let it pass; a driver that parses JSON by itself asks nobody. */
const answering =
  (change: (records: StoredRecord[]) => unknown): Around =>
  (store) => ({
    lock: store.lock,
    list: () => store.list(),
    records: (sessionId) => store.records(sessionId),
    read: async (sessionId, keys) => change(await store.read(sessionId, keys)) as StoredRecord[],
    write: (...asked) => store.write(...asked),
    delete: (...asked) => store.delete(...asked),
    close: () => store.close(),
  })

const withValue = (change: (value: string) => unknown): Around => answering((records) => records.map((record) => ({ ...record, value: change(record.value) })))

async function over(around: Around): Promise<Scenario> {
  const made = scenario({ around })
  await made.store.seed('s')
  return made
}

describe('a store that answers a read with what is no list of texts', () => {
  it.each<[what: string, around: Around, message: RegExp]>([
    ['values that are not there', withValue(() => undefined), /read with a record whose type, id and value are a string, a string and undefined/],
    ['values that are null', withValue(() => null), /a string, a string and null/],
    ['values that were parsed', withValue((value) => JSON.parse(value) as unknown), /a string, a string and an object/],
    ['bytes', withValue((value) => Buffer.from(value)), /a string, a string and an object/],
    ['nothing', answering(() => undefined), /read with undefined instead of a list/],
    ['one record', answering(([record]) => record), /read with an object instead of a list/],
    ['holes', answering(() => [null]), /list that contains null/],
  ])('invariant 3: %s are neither "nothing is stored" nor damage: it says so, and pairs nothing', async (_what, around, message) => {
    const made = await over(around)
    const before = await made.store.dump('s')
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'disconnected', reason: 'storage_unavailable' })
    expect(await within(made.sessions.connect('s'))).toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
    await pass(60_000)
    expect(made.baileys.sockets).toEqual([])
    expect(made.events('error')[0]?.error).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringMatching(message) })
    expect(await made.store.dump('s')).toEqual(before)
  })

  it('costs no message: the socket is closed before Baileys could refuse one', async () => {
    let isInOrder = true
    const made = await over(answering((records) => (isInOrder ? records : undefined)))
    await within(made.sessions.restoreSession('s'))
    isInOrder = false
    const reading = codeOf(Promise.resolve(made.socket().config.auth.keys.get('session', ['a'])))
    expect(await within(reading)).toBe('STORE_UNAVAILABLE')
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
    isInOrder = true
    await pass(60_000)
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'connected' })
  })
})

describe('a lock that names nobody with undefined', () => {
  it('is understood: nobody holds it', async () => {
    const made = await over((store) =>
      Object.assign(answering((records) => records)(store), {
        lock: { acquire: (sessionId: string) => store.lock.acquire(sessionId), owner: async () => (await store.lock.owner('nobody')) ?? undefined },
      }),
    )
    expect(await within(made.sessions.getStatus('s', { restore: false }))).toMatchObject({
      status: 'disconnected',
      reason: 'not_running',
      owner: null,
      isLocal: true,
    })
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'connecting' })
  })
})
