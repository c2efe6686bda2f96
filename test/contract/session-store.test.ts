import { MemorySessionStore } from '../../src/adapters/memory/memory-session-store.js'
import { sessionStoreContract } from '../../src/testing/index.js'
import { OTHER_REDIS_DRIVERS, USUAL_REDIS_DRIVER } from '../support/redis-clients.js'
import { SQLITE_DRIVERS } from '../support/sqlite-drivers.js'
import { fileSystemStoreHooks, openFileSystemStore } from './filesystem-hooks.js'
import { namedFolderHooks, openNamedFolders, openNamedFoldersAndDirectory } from './named-folder-hooks.js'
import { RedisSubjects } from './redis-hooks.js'
import { runContract } from './run-contract.js'
import { SqliteSubjects } from './sqlite-hooks.js'

runContract(
  'MemorySessionStore',
  sessionStoreContract(() => new MemorySessionStore()),
)
runContract(
  'FileSystemSessionStore',
  sessionStoreContract(() => openFileSystemStore('session-'), fileSystemStoreHooks),
)
runContract(
  'FileSystemSessionStore without a prefix',
  sessionStoreContract(() => openFileSystemStore(''), fileSystemStoreHooks),
)
runContract(
  'FileSystemSessionStore with named folders',
  sessionStoreContract(() => openNamedFolders(), namedFolderHooks),
)
runContract('FileSystemSessionStore with named folders and a directory', sessionStoreContract(openNamedFoldersAndDirectory, namedFolderHooks))
for (const driver of SQLITE_DRIVERS) {
  const sqlite = new SqliteSubjects(driver)
  runContract(
    `SqliteSessionStore with ${driver.name}`,
    sessionStoreContract(() => sqlite.openStore(), sqlite.storeHooks),
  )
}
for (const driver of [USUAL_REDIS_DRIVER, ...OTHER_REDIS_DRIVERS]) {
  const redis = new RedisSubjects(driver)
  runContract(
    `RedisSessionStore with ${driver.name}`,
    sessionStoreContract(() => redis.openStore(), redis.storeHooks),
    redis.testOptions,
  )
}
