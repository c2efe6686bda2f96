import assert from 'node:assert/strict'
import type { ConnectionRepository } from '../../../repository/connection-repository.js'
import type { Check } from '../contract-case.js'
import { AWKWARD_TEXTS, CASE_TWINS, HALF_TEXTS, HOSTILE_TEXTS } from '../hostile-texts.js'
import { outcomeOf } from '../rejections.js'
import type { RepositoryFixture } from './repository-fixture.js'
import { REPOSITORY_MUST } from './repository-musts.js'

/** Which records are found. */
export const FINDING: readonly Check<RepositoryFixture>[] = [
  {
    name: 'what was never saved is null, and deleting it succeeds',
    must: REPOSITORY_MUST.unknown,
    check: async (fixture) => {
      const repository = await fixture.open()
      assert.equal(await repository.find('a'), null)
      assert.deepEqual(await idsOf(repository), [])
      await repository.delete('a')
      await repository.save('b', {})
      assert.equal(await repository.find('a'), null)
      await repository.delete('a')
      assert.deepEqual(await idsOf(repository), ['b'])
    },
  },
  {
    name: 'findAll has all records once, whatever their status',
    must: REPOSITORY_MUST.all,
    check: async (fixture) => {
      const repository = await fixture.open()
      const statuses = ['disconnected', 'connecting', 'pairing', 'connected', 'reconnecting', 'logged_out', 'failed'] as const
      for (const status of statuses) await repository.save(`session ${status}`, { status })
      for (const status of statuses) await repository.save(`session ${status}`, { owner: 'me' })
      const found = await repository.findAll()
      assert.deepEqual(found.map(({ sessionId, status }) => `${sessionId}: ${status}`).sort(), statuses.map((status) => `session ${status}: ${status}`).sort())
    },
  },
  {
    name: 'delete removes one record, with everything in it, and no other',
    must: REPOSITORY_MUST.delete,
    check: async (fixture) => {
      const repository = await fixture.open()
      for (const sessionId of ['a', 'ab', 'a*', 'a%', 'a_']) await repository.save(sessionId, { owner: sessionId, metadata: { sessionId } })
      await repository.delete('a_')
      await repository.delete('a')
      await repository.delete('a')
      assert.equal(await repository.find('a'), null)
      assert.deepEqual(await idsOf(repository), ['a%', 'a*', 'ab'])
      await repository.save('a', { status: 'connecting' })
      const again = await repository.find('a')
      assert.deepEqual([again?.status, again?.owner, again?.metadata], ['connecting', null, {}])
    },
  },
  {
    name: 'ids of any characters stay apart, also those that differ only by case',
    must: REPOSITORY_MUST.distinct,
    check: async (fixture) => {
      const repository = await fixture.open()
      const sessionIds = [...new Set([...HOSTILE_TEXTS, ...CASE_TWINS])]
      for (const sessionId of sessionIds) await repository.save(sessionId, { metadata: { sessionId } })
      await assertApart(repository, sessionIds)
      await repository.delete('1')
      await repository.delete('__proto__')
      await assertApart(
        repository,
        sessionIds.filter((sessionId) => sessionId !== '1' && sessionId !== '__proto__'),
      )
    },
  },
  {
    name: 'ids that no manager uses stay apart, or are refused',
    must: REPOSITORY_MUST.distinct,
    check: async (fixture) => {
      const repository = await fixture.open()
      const kept: string[] = []
      for (const sessionId of [...AWKWARD_TEXTS, ...HALF_TEXTS, '\ufffd']) {
        const outcome = await outcomeOf(() => repository.save(sessionId, { metadata: { sessionId } }))
        if ('value' in outcome) kept.push(sessionId)
      }
      await assertApart(repository, kept)
    },
  },
]

/** All ids, sorted. */
export async function idsOf(repository: ConnectionRepository): Promise<string[]> {
  return (await repository.findAll()).map(({ sessionId }) => sessionId).sort()
}

async function assertApart(repository: ConnectionRepository, sessionIds: readonly string[]): Promise<void> {
  assert.deepEqual(await idsOf(repository), [...sessionIds].sort())
  for (const sessionId of sessionIds) {
    const found = await repository.find(sessionId)
    assert.deepEqual([found?.sessionId, found?.metadata['sessionId']], [sessionId, sessionId])
  }
}
