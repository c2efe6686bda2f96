import { MemorySessionStore } from '../../src/adapters/memory/memory-session-store.js'
import { processLock } from '../../src/lease/process-lock.js'
import { lockClusterContract } from '../../src/testing/index.js'
import { SQLITE_DRIVERS } from '../support/sqlite-drivers.js'
import { elsewhereLockHooks, openFileLockElsewhere, openFileSystemStoreLock, storeLockHooks } from './filesystem-hooks.js'
import { namedLockHooks, openNamedLock } from './named-folder-hooks.js'
import { runContract } from './run-contract.js'
import { SqliteSubjects } from './sqlite-hooks.js'

runContract('processLock', lockClusterContract(processLock))
runContract(
  'the lock of MemorySessionStore',
  lockClusterContract(() => new MemorySessionStore().lock),
)
runContract('FileLock seen from elsewhere', lockClusterContract(openFileLockElsewhere, elsewhereLockHooks))
runContract('the lock of FileSystemSessionStore', lockClusterContract(openFileSystemStoreLock, storeLockHooks))
runContract(
  'the lock of FileSystemSessionStore with named folders',
  lockClusterContract(() => openNamedLock(), namedLockHooks),
)
for (const driver of SQLITE_DRIVERS) {
  const sqlite = new SqliteSubjects(driver)
  runContract(
    `the lock of SqliteSessionStore with ${driver.name}`,
    lockClusterContract(() => sqlite.openStoreLock(), sqlite.storeLockHooks),
  )
  runContract(
    `SqliteLock seen from elsewhere with ${driver.name}`,
    lockClusterContract(() => sqlite.openLockElsewhere(), sqlite.elsewhereHooks(11 * 60_000)),
  )
}
