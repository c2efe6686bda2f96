import { MemoryConnectionRepository } from '../../src/adapters/memory/memory-connection-repository.js'
import { connectionRepositoryContract } from '../../src/testing/index.js'
import { fileRepositoryHooks, openFileRepository } from './filesystem-hooks.js'
import { runContract } from './run-contract.js'

runContract('MemoryConnectionRepository', connectionRepositoryContract(() => new MemoryConnectionRepository()))
runContract('FileConnectionRepository', connectionRepositoryContract(openFileRepository, fileRepositoryHooks))
