import assert from 'node:assert/strict'
import type { Check } from '../contract-case.js'
import { describeOutcome, outcomeOf } from '../rejections.js'
import { fullChanges, fullRecord, plain, plainAll } from './plain-record.js'
import type { RepositoryFixture } from './repository-fixture.js'
import { REPOSITORY_MUST } from './repository-musts.js'

/** A backend that cannot be reached. */
export const REPOSITORY_OUTAGE: readonly Check<RepositoryFixture>[] = [
  {
    name: 'what cannot be reached is a failure, never null or empty',
    must: REPOSITORY_MUST.unknown,
    check: async (fixture) => {
      const repository = await fixture.open()
      await repository.save('a', fullChanges('a'))
      const reconnect = await fixture.disconnect(repository)
      const calls: Record<string, () => Promise<unknown>> = {
        find: () => repository.find('a'),
        'find of an unknown id': () => repository.find('b'),
        findAll: () => repository.findAll(),
        save: () => repository.save('a', { owner: 'me' }),
        'save of a new id': () => repository.save('b', {}),
        delete: () => repository.delete('a'),
        'delete of an unknown id': () => repository.delete('b'),
      }
      for (const [name, call] of Object.entries(calls)) {
        const outcome = await outcomeOf(call)
        assert.ok('error' in outcome, `${name} ${describeOutcome(outcome)} while the backend could not be reached`)
        assert.ok(outcome.error instanceof Error, `${name} must reject with an Error, but it ${describeOutcome(outcome)}`)
      }
      await reconnect()
      assert.deepEqual(plainAll(await repository.findAll()), [plain(fullRecord('a'))])
      await repository.save('a', { owner: 'me' })
      assert.deepEqual(plain(await repository.find('a')), plain({ ...fullRecord('a'), owner: 'me' }))
    },
  },
]
