import type { Mutant } from './mutant.js'
import type { SharedStore } from './shared-memory.js'
import { ENDINGS, FENCING } from './store-fencing-mutants.js'
import { IDENTITY, LISTING, PARALLEL } from './store-identity-mutants.js'
import { BATCHES, MISSING, RESTORED, VALUES } from './store-record-mutants.js'

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
