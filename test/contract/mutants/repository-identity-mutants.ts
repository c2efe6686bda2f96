import { Buffer } from 'node:buffer'
import { REPOSITORY_MUST } from '../../../src/testing/contracts/connection-repository/repository-musts.js'
import { aroundSave } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import type { SharedRepository } from './shared-memory.js'

const APART = 'ids of any characters stay apart, also those that differ only by case'
const AWKWARD = 'ids that no manager uses stay apart, or are refused'

/** Takes some ids for others. */
function confuse(other: (sessionId: string) => string): (repository: SharedRepository) => void {
  return (repository) => {
    const find = repository.find.bind(repository)
    const remove = repository.delete.bind(repository)
    repository.find = (sessionId) => find(other(sessionId))
    repository.delete = (sessionId) => remove(other(sessionId))
    aroundSave(repository, (save) => (sessionId, changes) => save(other(sessionId), changes))
  }
}

/** Which ids are mixed up. */
export const IDENTITY: readonly Mutant<SharedRepository>[] = [
  { name: 'folds the case of ids', must: REPOSITORY_MUST.distinct, caughtBy: [APART], breakIt: confuse((sessionId) => sessionId.toLowerCase()) },
  { name: 'ignores spaces at the end of ids', must: REPOSITORY_MUST.distinct, caughtBy: [APART], breakIt: confuse((sessionId) => sessionId.trimEnd()) },
  { name: 'normalizes ids', must: REPOSITORY_MUST.distinct, caughtBy: [APART], breakIt: confuse((sessionId) => sessionId.normalize()) },
  {
    name: 'takes ids for numbers',
    must: REPOSITORY_MUST.distinct,
    caughtBy: [APART],
    breakIt: confuse((sessionId) => (Number.isNaN(Number(sessionId)) ? sessionId : String(Number(sessionId)))),
  },
  {
    name: 'keeps no __proto__',
    must: REPOSITORY_MUST.distinct,
    caughtBy: [APART],
    breakIt: (repository) => aroundSave(repository, (save) => async (sessionId, changes) => (sessionId === '__proto__' ? undefined : save(sessionId, changes))),
  },
  { name: 'cuts ids at 255 characters', must: REPOSITORY_MUST.distinct, caughtBy: [AWKWARD], breakIt: confuse((sessionId) => sessionId.slice(0, 255)) },
  { name: 'keeps ids as UTF-8', must: REPOSITORY_MUST.distinct, caughtBy: [AWKWARD], breakIt: confuse((sessionId) => Buffer.from(sessionId).toString()) },
]
