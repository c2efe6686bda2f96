import assert from 'node:assert/strict'
import type { Check } from '../contract-case.js'
import { fullChanges, fullRecord, plain, plainAll } from './plain-record.js'
import type { RepositoryFixture } from './repository-fixture.js'
import { REPOSITORY_MUST } from './repository-musts.js'

/** Two repositories over the same data, one after another or at once. */
export const REPOSITORY_REOPENING: readonly Check<RepositoryFixture>[] = [
  {
    name: 'what was saved is there after a restart, and what was deleted is not',
    must: REPOSITORY_MUST.durable,
    check: async (fixture) => {
      const repository = await fixture.open()
      await repository.save('a', fullChanges('a'))
      await repository.save('b', {})
      await repository.delete('b')
      const again = await fixture.reopen(repository)
      assert.deepEqual(plainAll(await again.findAll()), [plain(fullRecord('a'))])
      await again.save('a', { owner: 'again' })
      await again.delete('b')
      assert.deepEqual(plain(await (await fixture.reopen(again)).find('a')), plain({ ...fullRecord('a'), owner: 'again' }))
    },
  },
  {
    name: 'two processes that save one id at once lose no field of one another',
    must: REPOSITORY_MUST.atOnce,
    check: async (fixture) => {
      const repository = await fixture.open()
      const other = await fixture.reopen(repository)
      const fields = Object.entries(fullChanges('a'))
      await Promise.all(fields.map(([field, value], index) => (index % 2 === 0 ? repository : other).save('a', { [field]: value })))
      for (const looking of [repository, other]) assert.deepEqual(plainAll(await looking.findAll()), [plain(fullRecord('a'))])
    },
  },
]
