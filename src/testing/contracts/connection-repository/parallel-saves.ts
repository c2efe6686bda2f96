import assert from 'node:assert/strict'
import type { Check } from '../contract-case.js'
import { idsOf } from './finding.js'
import { fullChanges, fullRecord, plain, plainAll } from './plain-record.js'
import type { RepositoryFixture } from './repository-fixture.js'
import { REPOSITORY_MUST } from './repository-musts.js'

const MANY = 50

/** Calls that are made before others have come back. */
export const PARALLEL_SAVES: readonly Check<RepositoryFixture>[] = [
  {
    name: 'saves of one id that are called at once lose no field of one another',
    must: REPOSITORY_MUST.atOnce,
    check: async (fixture) => {
      const repository = await fixture.open()
      const fields = Object.entries(fullChanges('a'))
      // The first ones insert, the others change.
      for (let round = 0; round < 2; round++) {
        await Promise.all(fields.map(([field, value]) => repository.save('a', { [field]: value })))
        assert.deepEqual(plainAll(await repository.findAll()), [plain(fullRecord('a'))])
      }
    },
  },
  {
    name: 'many ids are saved and deleted at once',
    must: REPOSITORY_MUST.atOnce,
    check: async (fixture) => {
      const repository = await fixture.open()
      const sessionIds = Array.from({ length: MANY }, (_, index) => `session ${index}`)
      await Promise.all(sessionIds.map((sessionId) => repository.save(sessionId, { phoneNumber: sessionId })))
      await Promise.all(
        sessionIds.map((sessionId, index) => (index % 2 === 0 ? repository.delete(sessionId) : repository.save(sessionId, { owner: sessionId }))),
      )
      const kept = sessionIds.filter((_, index) => index % 2 !== 0).sort()
      const found = await repository.findAll()
      assert.deepEqual(
        found.map(({ phoneNumber, owner }) => `${phoneNumber ?? ''} ${owner ?? ''}`).sort(),
        kept.map((sessionId) => `${sessionId} ${sessionId}`),
      )
    },
  },
  {
    name: 'findAll has every record while others are saved',
    must: REPOSITORY_MUST.all,
    check: async (fixture) => {
      const repository = await fixture.open()
      const before = Array.from({ length: MANY }, (_, index) => `before ${index}`).sort()
      await Promise.all(before.map((sessionId) => repository.save(sessionId, { status: 'connecting' })))
      const saving = before.map((sessionId) => [repository.save(sessionId, { status: 'connected' }), repository.save(`new ${sessionId}`, {})]).flat()
      const looks = await Promise.all(Array.from({ length: 5 }, () => idsOf(repository)))
      await Promise.all(saving)
      for (const look of looks)
        assert.deepEqual(
          look.filter((sessionId) => !sessionId.startsWith('new ')),
          before,
        )
      assert.deepEqual(await idsOf(repository), [...before, ...before.map((sessionId) => `new ${sessionId}`)].sort())
    },
  },
]
