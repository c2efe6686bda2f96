import { MemorySessionStore } from '../../src/adapters/memory/memory-session-store.js'
import { sessionStoreContract } from '../../src/testing/index.js'
import { fileSystemStoreHooks, openFileSystemStore } from './filesystem-hooks.js'
import { runContract } from './run-contract.js'

runContract('MemorySessionStore', sessionStoreContract(() => new MemorySessionStore()))
runContract('FileSystemSessionStore', sessionStoreContract(() => openFileSystemStore('session-'), fileSystemStoreHooks))
runContract('FileSystemSessionStore without a prefix', sessionStoreContract(() => openFileSystemStore(''), fileSystemStoreHooks))
