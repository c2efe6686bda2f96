// The contract suites on the stores that need no server, from the installed package.
import { join } from 'node:path'
import { encrypted, FileConnectionRepository, FileSystemSessionStore, MemoryConnectionRepository, MemorySessionStore, processLock } from 'baileys-sessions'
import { openSqliteDatabase, SqliteConnectionRepository, SqliteSessionStore } from 'baileys-sessions/sqlite'
import { connectionRepositoryContract, lockClusterContract, sessionLockContract, sessionStoreContract } from 'baileys-sessions/testing'

const KEY = { keys: { a: new Uint8Array(32).fill(7) }, currentKeyId: 'a' }

/** Every suite as `{ group, cases }`; `folder` is empty. */
export async function contractGroups(folder) {
  let count = 0
  const newPath = (name) => join(folder, `${++count}-${name}`)
  const openFiles = (directory = newPath('sessions')) => Object.assign(new FileSystemSessionStore({ directory }), { directory })
  const fileStoreHooks = { reopen: async ({ directory }) => openFiles(directory), dispose: (store) => store.close() }
  const openFileLock = (directory = newPath('locks')) => Object.assign(new FileSystemSessionStore({ directory }).lock, { directory })
  const openRepository = (file = newPath('connections.json')) => Object.assign(new FileConnectionRepository({ file }), { file })
  return [
    { group: 'MemorySessionStore', cases: sessionStoreContract(() => new MemorySessionStore()) },
    { group: 'FileSystemSessionStore', cases: sessionStoreContract(openFiles, fileStoreHooks) },
    {
      group: 'FileSystemSessionStore in encrypted',
      cases: sessionStoreContract(() => encrypted(new FileSystemSessionStore({ directory: newPath('sessions') }), KEY)),
    },
    { group: 'the lock of one process', cases: [...sessionLockContract(processLock), ...lockClusterContract(processLock)] },
    { group: 'the lock of FileSystemSessionStore', cases: sessionLockContract(openFileLock, { openAnother: ({ directory }) => openFileLock(directory) }) },
    { group: 'MemoryConnectionRepository', cases: connectionRepositoryContract(() => new MemoryConnectionRepository()) },
    { group: 'FileConnectionRepository', cases: connectionRepositoryContract(openRepository, { reopen: ({ file }) => openRepository(file) }) },
    ...(await sqliteGroups(newPath)),
  ]
}

/** With the driver that the runtime has by itself. */
async function sqliteGroups(newPath) {
  const opened = new Map()
  const open = async (Kind, file = newPath('sessions.db')) => {
    const database = await openSqliteDatabase(file)
    const subject = new Kind({ database })
    opened.set(subject, { database, file })
    return subject
  }
  const hooks = (Kind) => ({
    reopen: async (subject) => open(Kind, opened.get(subject).file),
    dispose: async (subject) => {
      await subject.close?.()
      opened.get(subject).database.close()
    },
  })
  return [
    { group: 'SqliteSessionStore', cases: sessionStoreContract(() => open(SqliteSessionStore), hooks(SqliteSessionStore)) },
    { group: 'SqliteConnectionRepository', cases: connectionRepositoryContract(() => open(SqliteConnectionRepository), hooks(SqliteConnectionRepository)) },
  ]
}
