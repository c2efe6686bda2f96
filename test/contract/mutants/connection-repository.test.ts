import { provesItself, repositoryCases } from './mutant.js'
import { REPOSITORY_MUTANTS } from './repository-mutants.js'

provesItself(repositoryCases, REPOSITORY_MUTANTS)
