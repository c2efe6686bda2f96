import { HOLDERS } from './lock-holder-mutants.js'
import { ENDINGS, TOKENS } from './lock-lease-mutants.js'
import type { Mutant } from './mutant.js'
import type { SharedLock } from './shared-memory.js'

/** All broken locks. */
export const LOCK_MUTANTS: readonly Mutant<SharedLock>[] = [...HOLDERS, ...TOKENS, ...ENDINGS]
