import { provesItself, storeCases } from './mutant.js'
import { STORE_MUTANTS } from './store-mutants.js'

provesItself(storeCases, STORE_MUTANTS)
