import { MemorySessionStore } from '../../src/adapters/memory/memory-session-store.js'
import { encrypted } from '../../src/encryption/encrypted-session-store.js'
import { lockClusterContract, sessionLockContract, sessionStoreContract } from '../../src/testing/index.js'
import { SQLITE_DRIVERS } from '../support/sqlite-drivers.js'
import { EncryptedSubjects, TEST_ENCRYPTION } from './encrypted-hooks.js'
import { fileSystemStoreHooks, openFileSystemStore, storeLockHooks } from './filesystem-hooks.js'
import { runContract } from './run-contract.js'
import { SqliteSubjects } from './sqlite-hooks.js'

const memory = new EncryptedSubjects(() => new MemorySessionStore(), {
  corrupt: (store, sessionId, key) => store.write(sessionId, [{ ...key, value: '{"encrypted":1,"keyId":"2026","keyCh' }]),
})
runContract('encrypted MemorySessionStore', sessionStoreContract(memory.openStore, memory.hooks))
runContract('the lock of an encrypted MemorySessionStore', sessionLockContract(memory.openStoreLock))
runContract('the cluster of an encrypted MemorySessionStore', lockClusterContract(memory.openStoreLock))

const files = new EncryptedSubjects(() => openFileSystemStore('session-'), fileSystemStoreHooks)
runContract('encrypted FileSystemSessionStore', sessionStoreContract(files.openStore, files.hooks))
runContract('the lock of an encrypted FileSystemSessionStore', sessionLockContract(files.openStoreLock, files.lockHooks(storeLockHooks)))

const twice = new EncryptedSubjects(() => encrypted(new MemorySessionStore(), TEST_ENCRYPTION))
runContract('a store that is encrypted twice', sessionStoreContract(twice.openStore, twice.hooks))

for (const driver of SQLITE_DRIVERS) {
  const sqlite = new SqliteSubjects(driver)
  const database = new EncryptedSubjects(() => sqlite.openStore(), sqlite.storeHooks)
  // What encryption does to a store shows on the first two; this is about each driver.
  runContract(`encrypted SqliteSessionStore with ${driver.name}`, sessionStoreContract(database.openStore, database.hooks), { tags: 'full' })
  runContract(
    `the lock of an encrypted SqliteSessionStore with ${driver.name}`,
    sessionLockContract(database.openStoreLock, database.lockHooks(sqlite.storeLockHooks)),
    { tags: 'full' },
  )
  runContract(
    `the cluster of an encrypted SqliteSessionStore with ${driver.name}`,
    lockClusterContract(database.openStoreLock, database.lockHooks(sqlite.storeLockHooks)),
  )
}
