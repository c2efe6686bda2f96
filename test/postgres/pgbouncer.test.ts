// @module-tag full
import { afterAll, describe, inject } from 'vitest'
import { connectionRepositoryContract, lockClusterContract, sessionLockContract, sessionStoreContract } from '../../src/testing/index.js'
import { runContract } from '../contract/run-contract.js'
import { PgBouncer } from '../support/pgbouncer.js'
import { CLIENT_KINDS } from './postgres-clients.js'
import { PostgresSubjects } from './postgres-subjects.js'

const pooler = PgBouncer.isInstalled ? await PgBouncer.start(Number(new URL(inject('postgresUrl')).port)) : null
const subjects = pooler === null ? [] : CLIENT_KINDS.map((kind) => ({ name: kind.name, its: new PostgresSubjects(kind, pooler.url) }))
afterAll(async () => {
  try {
    for (const { its } of subjects) await its[Symbol.asyncDispose]()
  } finally {
    await pooler?.[Symbol.asyncDispose]()
  }
})

describe.skipIf(pooler === null)('through PgBouncer in transaction mode', () => {
  for (const { name, its } of subjects) {
    runContract(
      `PostgresSessionStore with ${name}`,
      sessionStoreContract(() => its.openStore(), its.storeHooks),
    )
    runContract(
      `the lock of PostgresSessionStore with ${name}`,
      sessionLockContract(() => its.openStoreLock(), its.storeLockHooks),
    )
    runContract(
      `the cluster of PostgresSessionStore with ${name}`,
      lockClusterContract(() => its.openStoreLock(), its.storeLockHooks),
    )
    runContract(
      `PostgresConnectionRepository with ${name}`,
      connectionRepositoryContract(() => its.openRepository(), its.repositoryHooks),
    )
  }
})
