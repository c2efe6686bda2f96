import { MemoryConnectionRepository } from '../../src/adapters/memory/memory-connection-repository.js'
import { connectionRepositoryContract } from '../../src/testing/index.js'
import { SQLITE_DRIVERS } from '../support/sqlite-drivers.js'
import { fileRepositoryHooks, openFileRepository } from './filesystem-hooks.js'
import { runContract } from './run-contract.js'
import { SqliteSubjects } from './sqlite-hooks.js'

runContract(
  'MemoryConnectionRepository',
  connectionRepositoryContract(() => new MemoryConnectionRepository()),
)
runContract('FileConnectionRepository', connectionRepositoryContract(openFileRepository, fileRepositoryHooks))
for (const driver of SQLITE_DRIVERS) {
  const sqlite = new SqliteSubjects(driver)
  runContract(
    `SqliteConnectionRepository with ${driver.name}`,
    connectionRepositoryContract(() => sqlite.openRepository(), sqlite.repositoryHooks),
  )
}
