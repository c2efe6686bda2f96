import type { Mutant } from './mutant.js'
import type { SharedStore } from './shared-memory.js'
import { BATCHES } from './store-batch-mutants.js'
import { ENDINGS } from './store-ending-mutants.js'
import { FENCING } from './store-fencing-mutants.js'
import { IDENTITY } from './store-identity-mutants.js'
import { LISTING } from './store-listing-mutants.js'
import { MISSING, RESTORED } from './store-missing-mutants.js'
import { PARALLEL } from './store-parallel-mutants.js'
import { VALUES } from './store-value-mutants.js'

/** All broken stores. */
export const STORE_MUTANTS: readonly Mutant<SharedStore>[] = [
  ...MISSING,
  ...RESTORED,
  ...VALUES,
  ...BATCHES,
  ...IDENTITY,
  ...LISTING,
  ...PARALLEL,
  ...FENCING,
  ...ENDINGS,
]
