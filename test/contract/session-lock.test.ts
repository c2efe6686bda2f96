import { MemorySessionStore } from '../../src/adapters/memory/memory-session-store.js'
import { processLock } from '../../src/lease/process-lock.js'
import { type ContractCase, sessionLockContract } from '../../src/testing/index.js'
import { RedisBench } from '../support/redis-bench.js'
import { OTHER_REDIS_DRIVERS, USUAL_REDIS_DRIVER } from '../support/redis-clients.js'
import { SQLITE_DRIVERS } from '../support/sqlite-drivers.js'
import { endingLeasesHooks, openEndingLeases } from './ending-leases-hooks.js'
import {
  elsewhereLockHooks,
  fileLockHooks,
  openFileLock,
  openFileLockElsewhere,
  openFileSystemStoreLock,
  setBackLockHooks,
  storeLockHooks,
} from './filesystem-hooks.js'
import { namedLockHooks, openNamedLock } from './named-folder-hooks.js'
import { RedisSubjects } from './redis-hooks.js'
import { redisLeaseCases } from './redis-lease-cases.js'
import { runContract } from './run-contract.js'
import { SqliteSubjects } from './sqlite-hooks.js'

/** The cases in which a holder is gone. */
function takeOverOf(cases: readonly ContractCase[]): ContractCase[] {
  return cases.filter(({ name }) => name.startsWith('a holder that'))
}

runContract('processLock', sessionLockContract(processLock))
runContract(
  'the lock of MemorySessionStore',
  sessionLockContract(() => new MemorySessionStore().lock),
)
runContract('LeaseLock on an engine that ends leases by itself', sessionLockContract(openEndingLeases, endingLeasesHooks))
runContract('FileLock', sessionLockContract(openFileLock, fileLockHooks))
runContract('FileLock seen from elsewhere', sessionLockContract(openFileLockElsewhere, elsewhereLockHooks))
runContract('FileLock seen from elsewhere after the clock was set back', takeOverOf(sessionLockContract(openFileLockElsewhere, setBackLockHooks)))
runContract('the lock of FileSystemSessionStore', sessionLockContract(openFileSystemStoreLock, storeLockHooks))
runContract(
  'the lock of FileSystemSessionStore with named folders',
  sessionLockContract(() => openNamedLock({ withHostileIds: true }), namedLockHooks),
)
for (const driver of SQLITE_DRIVERS) {
  const sqlite = new SqliteSubjects(driver)
  runContract(
    `the lock of SqliteSessionStore with ${driver.name}`,
    sessionLockContract(() => sqlite.openStoreLock(), sqlite.storeLockHooks),
  )
  runContract(
    `SqliteLock seen from elsewhere with ${driver.name}`,
    sessionLockContract(() => sqlite.openLockElsewhere(), sqlite.elsewhereHooks(11 * 60_000)),
  )
  runContract(
    `SqliteLock seen from elsewhere after the clock was set back with ${driver.name}`,
    takeOverOf(sessionLockContract(() => sqlite.openLockElsewhere(), sqlite.elsewhereHooks(-3_600_000))),
  )
}
for (const driver of [USUAL_REDIS_DRIVER, ...OTHER_REDIS_DRIVERS]) {
  const bench = new RedisBench(driver)
  const redis = new RedisSubjects(driver, bench)
  runContract(
    `the lock of RedisSessionStore with ${driver.name}`,
    sessionLockContract(() => redis.openStoreLock(), redis.storeLockHooks),
    redis.testOptions,
  )
  runContract(`the leases of RedisSessionStore with ${driver.name}`, redisLeaseCases(bench), redis.testOptions)
}
