import type { Mutant } from './mutant.js'
import { FOUND } from './repository-found-mutants.js'
import { IDENTITY } from './repository-identity-mutants.js'
import { KEPT } from './repository-kept-mutants.js'
import { SAVED } from './repository-saved-mutants.js'
import type { SharedRepository } from './shared-memory.js'

/** All broken repositories. */
export const REPOSITORY_MUTANTS: readonly Mutant<SharedRepository>[] = [...FOUND, ...SAVED, ...IDENTITY, ...KEPT]
