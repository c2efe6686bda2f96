import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { bundleSimulation } from './mutants/bundle.js'
import { runBundle } from './mutants/run-bundle.js'
import { tellHistory, tellViolations } from './tell-history.js'

async function play({ steps: atLeast, seed }: { steps: number; seed: number }): Promise<void> {
  const bundle = join(temporaryFolder(), 'simulation.mjs')
  await bundleSimulation(bundle, null)
  const { steps, failure } = await runBundle(bundle, ['--steps', String(atLeast), '--seed', String(seed)])
  expect(failure === null ? 'every invariant held' : [...tellHistory(failure.history), ...tellViolations(failure.violations)].join('\n')).toBe(
    'every invariant held',
  )
  expect(steps).toBeGreaterThanOrEqual(atLeast)
}

describe('random histories', () => {
  it('keep invariants 1 to 14 in 4,000 steps (seed 20)', async () => {
    await play({ steps: 4000, seed: 20 })
  })

  // Side by side, in a process each. Seeds go on by one for every hundred histories.
  it.concurrent.each([21, 5021])('keep invariants 1 to 14 in 50,000 steps (seed %i)', { tags: 'full', timeout: 600_000 }, async (seed) => {
    await play({ steps: 50_000, seed })
  })
})
