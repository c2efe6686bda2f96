import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { bundleSimulation } from './mutants/bundle.js'
import { runBundle } from './mutants/run-bundle.js'
import { tellHistory, tellViolations } from './tell-history.js'

async function play({ steps: atLeast, seed }: { steps: number; seed: number }): Promise<void> {
  const bundle = join(temporaryFolder(), 'simulation.mjs')
  await bundleSimulation(bundle, null)
  const { steps, failure } = await runBundle(bundle, ['--cluster', '--steps', String(atLeast), '--seed', String(seed)])
  expect(failure === null ? 'every invariant held' : [...tellHistory(failure.history), ...tellViolations(failure.violations)].join('\n')).toBe(
    'every invariant held',
  )
  expect(steps).toBeGreaterThanOrEqual(atLeast)
}

describe('random histories of a cluster', () => {
  it('keep what must hold in 2,000 steps (seed 1)', async () => {
    await play({ steps: 2000, seed: 1 })
  })

  // Side by side, in a process each. Seeds go on by one for every twenty histories.
  it.concurrent.each([1001, 5001])('keep what must hold in 50,000 steps (seed %i)', { tags: 'full', timeout: 600_000 }, async (seed) => {
    await play({ steps: 50_000, seed })
  })
})
