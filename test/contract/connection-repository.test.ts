import { MemoryConnectionRepository } from '../../src/adapters/memory/memory-connection-repository.js'
import { connectionRepositoryContract } from '../../src/testing/index.js'
import { OTHER_REDIS_DRIVERS, USUAL_REDIS_DRIVER } from '../support/redis-clients.js'
import { SQLITE_DRIVERS } from '../support/sqlite-drivers.js'
import { fileRepositoryHooks, openFileRepository } from './filesystem-hooks.js'
import { RedisSubjects } from './redis-hooks.js'
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
for (const driver of [USUAL_REDIS_DRIVER, ...OTHER_REDIS_DRIVERS]) {
  const redis = new RedisSubjects(driver)
  runContract(
    `RedisConnectionRepository with ${driver.name}`,
    connectionRepositoryContract(() => redis.openRepository(), redis.repositoryHooks),
    redis.testOptions,
  )
}
