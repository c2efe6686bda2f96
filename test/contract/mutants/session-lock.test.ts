import { describe, it } from 'vitest'
import { LOCK_MUTANTS } from './lock-mutants.js'
import { lockCases, provesItself } from './mutant.js'

provesItself(lockCases, LOCK_MUTANTS)

describe('passes one that answers `undefined` for nobody, as code without types does:', () => {
  const cases = lockCases((lock) => {
    const owner = lock.owner.bind(lock)
    Object.assign(lock, { owner: async (sessionId: string) => (await owner(sessionId)) ?? undefined })
  })
  for (const { name, run } of cases) it(name, run)
})
