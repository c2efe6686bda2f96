import { MemorySessionStore } from '../../src/adapters/memory/memory-session-store.js'
import { processLock } from '../../src/lease/process-lock.js'
import { sessionLockContract } from '../../src/testing/index.js'
import { SQLITE_DRIVERS } from '../support/sqlite-drivers.js'
import { elsewhereLockHooks, fileLockHooks, openFileLock, openFileLockElsewhere, openFileSystemStoreLock, storeLockHooks } from './filesystem-hooks.js'
import { runContract } from './run-contract.js'
import { SqliteSubjects } from './sqlite-hooks.js'

runContract('processLock', sessionLockContract(processLock))
runContract('the lock of MemorySessionStore', sessionLockContract(() => new MemorySessionStore().lock))
runContract('FileLock', sessionLockContract(openFileLock, fileLockHooks))
runContract('FileLock seen from elsewhere', sessionLockContract(openFileLockElsewhere, elsewhereLockHooks))
runContract('the lock of FileSystemSessionStore', sessionLockContract(openFileSystemStoreLock, storeLockHooks))
for (const driver of SQLITE_DRIVERS) {
  const sqlite = new SqliteSubjects(driver)
  runContract(`the lock of SqliteSessionStore with ${driver.name}`, sessionLockContract(() => sqlite.openStoreLock(), sqlite.storeLockHooks))
  runContract(`SqliteLock seen from elsewhere with ${driver.name}`, sessionLockContract(() => sqlite.openLockElsewhere(), sqlite.elsewhereHooks))
}
