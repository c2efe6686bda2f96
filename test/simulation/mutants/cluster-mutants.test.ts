import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { bundleSimulation, mutate } from './bundle.js'
import { CLUSTER_MUTANTS } from './cluster-mutants.js'
import { runBundle } from './run-bundle.js'

/** Enough for the rarest of them, several times over. */
const STEPS = 60_000

describe('the simulation of a cluster', () => {
  it.each(CLUSTER_MUTANTS)('watches invariant $invariant: it finds that $what', { tags: 'full', timeout: 180_000 }, async (mutant) => {
    const bundle = join(temporaryFolder(), 'mutant.mjs')
    await bundleSimulation(bundle, mutant)
    const args = ['--cluster', '--steps', String(STEPS), '--seed', '100', '--no-shrink', '--invariant', String(mutant.invariant)]
    const { failure } = await runBundle(bundle, args)
    expect(failure?.violations.map(({ invariant }) => invariant)).toContain(mutant.invariant)
  })

  it.each(CLUSTER_MUTANTS)('has a mutant that still fits the code: $what', (mutant) => {
    expect(mutate(mutant)).toContain(mutant.replace[1])
  })

  it('has a mutant for every invariant that it watches', () => {
    expect(new Set(CLUSTER_MUTANTS.map(({ invariant }) => invariant))).toEqual(new Set([1, 2, 3, 4]))
  })
})
