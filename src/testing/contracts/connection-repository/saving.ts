import assert from 'node:assert/strict'
import type { ConnectionRecord, ConnectionRepository } from '../../../repository/connection-repository.js'
import type { Check } from '../contract-case.js'
import { assertTimeSince, fullChanges, fullRecord, plain, plainAll } from './plain-record.js'
import type { RepositoryFixture } from './repository-fixture.js'
import { REPOSITORY_MUST } from './repository-musts.js'

const HOSTILE_METADATA = '{"__proto__":{"polluted":true},"constructor":1,"":2,"a.b":3,"$set":4,"quote\\"":"\\u0001 🦊 é"}'

/** What `save` stores, and what it leaves alone. */
export const SAVING: readonly Check<RepositoryFixture>[] = [
  {
    name: 'what was saved is found as it was, with dates as Dates',
    must: REPOSITORY_MUST.faithful,
    check: async (fixture) => {
      const repository = await fixture.open()
      await repository.save('a', fullChanges('a'))
      assert.deepEqual(plain(await repository.find('a')), plain(fullRecord('a')))
      assert.deepEqual(plainAll(await repository.findAll()), [plain(fullRecord('a'))])
    },
  },
  {
    name: 'metadata of any keys comes back',
    must: REPOSITORY_MUST.faithful,
    check: async (fixture) => {
      const repository = await fixture.open()
      const metadata: unknown = JSON.parse(HOSTILE_METADATA)
      await repository.save('a', { metadata: metadata as ConnectionRecord['metadata'] })
      assert.deepEqual(JSON.parse(JSON.stringify((await repository.find('a'))?.metadata)), JSON.parse(HOSTILE_METADATA))
      assert.equal('polluted' in {}, false, 'the key __proto__ of some metadata changed every object')
    },
  },
  {
    name: 'a first save fills in what it is not given',
    must: REPOSITORY_MUST.insert,
    check: async (fixture) => {
      const repository = await fixture.open()
      const earliest = Date.now()
      await repository.save('a', { owner: 'me' })
      await repository.save('b', {})
      const expected = { status: 'disconnected', reason: null, phoneNumber: null, lastConnectedAt: null, lastDisconnect: null, metadata: {} } as const
      for (const [sessionId, owner] of [
        ['a', 'me'],
        ['b', null],
      ] as const) {
        const found = await mustFind(repository, sessionId)
        assertTimeSince(earliest, found.updatedAt)
        assert.deepEqual(plain(found), plain({ ...expected, sessionId, owner, updatedAt: found.updatedAt }))
      }
    },
  },
  {
    name: 'a save changes only the fields that it is given',
    must: REPOSITORY_MUST.partial,
    check: async (fixture) => {
      const repository = await fixture.open()
      const changes = fullChanges('a')
      await repository.save('b', changes)
      for (const [field, value] of Object.entries(otherValues())) {
        await repository.save('a', changes)
        const change = { [field]: value }
        await repository.save('a', change)
        assert.deepEqual(plain(await repository.find('a')), plain({ ...fullRecord('a'), ...change }), `a save of ${field} alone`)
      }
      await repository.save('a', changes)
      await repository.save('a', {})
      assert.deepEqual(plain(await repository.find('a')), plain(fullRecord('a')))
      assert.deepEqual(plain(await repository.find('b')), plain(fullRecord('b')))
    },
  },
  {
    name: 'null clears a field, undefined does not, and metadata is replaced as a whole',
    must: REPOSITORY_MUST.given,
    check: async (fixture) => {
      const repository = await fixture.open()
      await repository.save('a', fullChanges('a'))
      await repository.save('a', undefinedFields())
      assert.deepEqual(plain(await repository.find('a')), plain(fullRecord('a')))
      const cleared = { reason: null, phoneNumber: null, lastConnectedAt: null, lastDisconnect: null, owner: null, metadata: { other: true } }
      await repository.save('a', cleared)
      assert.deepEqual(plain(await repository.find('a')), plain({ ...fullRecord('a'), ...cleared }))
      await repository.save('new', { ...undefinedFields(), owner: 'me' })
      assert.equal((await repository.find('new'))?.status, 'disconnected')
    },
  },
  {
    name: 'the id is that of the call, whatever the changes say',
    must: REPOSITORY_MUST.given,
    check: async (fixture) => {
      const repository = await fixture.open()
      await repository.save('b', { ...fullRecord('a') })
      await repository.save('b', { sessionId: 'c', owner: 'me' })
      assert.deepEqual(plainAll(await repository.findAll()), [plain({ ...fullRecord('b'), owner: 'me' })])
      assert.equal(await repository.find('a'), null)
    },
  },
  {
    name: 'what a caller does to its objects later changes nothing',
    must: REPOSITORY_MUST.copies,
    check: async (fixture) => {
      const repository = await fixture.open()
      const changes = fullChanges('a')
      const saving = repository.save('a', changes)
      spoil(changes)
      await saving
      assert.deepEqual(plain(await repository.find('a')), plain(fullRecord('a')))
      spoil(await mustFind(repository, 'a'))
      for (const record of await repository.findAll()) spoil(record)
      assert.deepEqual(plain(await repository.find('a')), plain(fullRecord('a')))
    },
  },
]

async function mustFind(repository: ConnectionRepository, sessionId: string): Promise<ConnectionRecord> {
  const found = await repository.find(sessionId)
  assert.ok(found !== null, `find(${JSON.stringify(sessionId)}) resolved with null, and it was saved`)
  return found
}

/** A value for each field that no full record has. */
function otherValues(): Omit<ConnectionRecord, 'sessionId'> {
  const at = new Date('2025-05-06T07:08:09.123Z')
  return {
    status: 'failed',
    reason: 'restricted',
    phoneNumber: '4915',
    lastConnectedAt: at,
    owner: 'other:2:cd',
    updatedAt: at,
    metadata: { other: [] },
    lastDisconnect: { code: null, cause: 'connection_lost', message: 'other', at },
  }
}

/** What an application without `exactOptionalPropertyTypes` passes. */
function undefinedFields(): Partial<ConnectionRecord> {
  return Object.fromEntries(Object.keys(fullRecord('a')).map((field) => [field, undefined]))
}

function spoil(record: Partial<ConnectionRecord>): void {
  record.updatedAt?.setTime(0)
  record.lastConnectedAt?.setTime(0)
  record.lastDisconnect?.at.setTime(0)
  if (record.lastDisconnect) record.lastDisconnect.message = 'spoiled'
  if (record.metadata !== undefined) {
    record.metadata['company'] = 'spoiled'
    const nested: unknown = record.metadata['nested']
    if (typeof nested === 'object' && nested !== null) Object.assign(nested, { list: 'spoiled' })
  }
  record.owner = 'spoiled'
}
