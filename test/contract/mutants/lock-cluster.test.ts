import { CLUSTER_MUTANTS } from './cluster-mutants.js'
import { clusterCases, provesItself } from './mutant.js'

provesItself(clusterCases, CLUSTER_MUTANTS)
