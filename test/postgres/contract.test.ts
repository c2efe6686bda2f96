import { afterAll } from 'vitest'
import { connectionRepositoryContract, lockClusterContract, sessionLockContract, sessionStoreContract } from '../../src/testing/index.js'
import { runContract } from '../contract/run-contract.js'
import { PG_POOL } from './postgres-clients.js'
import { PostgresSubjects } from './postgres-subjects.js'

const subjects = new PostgresSubjects(PG_POOL)
afterAll(() => subjects[Symbol.asyncDispose]())

runContract(
  'PostgresSessionStore',
  sessionStoreContract(() => subjects.openStore(), subjects.storeHooks),
)
runContract(
  'the lock of PostgresSessionStore',
  sessionLockContract(() => subjects.openStoreLock(), subjects.storeLockHooks),
)
runContract(
  'PostgresLockTable seen from elsewhere',
  sessionLockContract(() => subjects.openLockElsewhere(), subjects.elsewhereHooks),
)
runContract(
  'the cluster of PostgresSessionStore',
  lockClusterContract(() => subjects.openStoreLock(), subjects.storeLockHooks),
)
runContract(
  'PostgresClusterTable seen from elsewhere',
  lockClusterContract(() => subjects.openLockElsewhere(), subjects.elsewhereHooks),
)
runContract(
  'PostgresConnectionRepository',
  connectionRepositoryContract(() => subjects.openRepository(), subjects.repositoryHooks),
)
