import { LOCK_MUTANTS } from './lock-mutants.js'
import { lockCases, provesItself } from './mutant.js'

provesItself(lockCases, LOCK_MUTANTS)
