import { processLock } from '../../src/lease/process-lock.js'
import { lockClusterContract } from '../../src/testing/index.js'
import { runContract } from './run-contract.js'

runContract('processLock', lockClusterContract(processLock))
