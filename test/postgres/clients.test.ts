// @module-tag full
import { afterAll } from 'vitest'
import { connectionRepositoryContract, sessionLockContract, sessionStoreContract } from '../../src/testing/index.js'
import { runContract } from '../contract/run-contract.js'
import { CLIENT_KINDS } from './postgres-clients.js'
import { PostgresSubjects } from './postgres-subjects.js'

// `contract.test.ts` runs them with the first.
for (const kind of CLIENT_KINDS.slice(1)) {
  const subjects = new PostgresSubjects(kind)
  afterAll(() => subjects[Symbol.asyncDispose]())

  runContract(
    `PostgresSessionStore with ${kind.name}`,
    sessionStoreContract(() => subjects.openStore(), subjects.storeHooks),
  )
  runContract(
    `the lock of PostgresSessionStore with ${kind.name}`,
    sessionLockContract(() => subjects.openStoreLock(), subjects.storeLockHooks),
  )
  runContract(
    `PostgresConnectionRepository with ${kind.name}`,
    connectionRepositoryContract(() => subjects.openRepository(), subjects.repositoryHooks),
  )
}
