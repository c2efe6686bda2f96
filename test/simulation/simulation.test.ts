import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { bundleSimulation } from './mutants/bundle.js'
import { runBundle } from './mutants/run-bundle.js'
import { tellHistory, tellViolations } from './tell-history.js'

describe('random histories', () => {
  it('keep invariants 1 to 14 in 20,000 steps (seed 20)', async () => {
    const bundle = join(temporaryFolder(), 'simulation.mjs')
    await bundleSimulation(bundle, null)
    const { steps, failure } = await runBundle(bundle, ['--steps', '20000', '--seed', '20'])
    expect(failure === null ? 'every invariant held' : [...tellHistory(failure.history), ...tellViolations(failure.violations)].join('\n')).toBe('every invariant held')
    expect(steps).toBeGreaterThanOrEqual(20_000)
  })
})
