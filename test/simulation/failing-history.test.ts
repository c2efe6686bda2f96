import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { bundleSimulation } from './mutants/bundle.js'
import { MUTANTS } from './mutants/mutants.js'
import { runBundle } from './mutants/run-bundle.js'

const QUICKLY_FOUND = 'stop deletes what is stored'

async function brokenSimulation(): Promise<{ bundle: string; folder: string }> {
  const mutant = MUTANTS.find(({ what }) => what === QUICKLY_FOUND)
  if (mutant === undefined) throw new Error(`There is no mutant "${QUICKLY_FOUND}".`)
  const folder = temporaryFolder()
  const bundle = join(folder, 'broken.mjs')
  await bundleSimulation(bundle, mutant)
  return { bundle, folder }
}

function replay(bundle: string, file: string): Promise<{ code: number; printed: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [bundle, '--history', file], (_error, printed) => {
      resolve({ code: child.exitCode ?? NaN, printed })
    })
  })
}

describe('a history that breaks an invariant', () => {
  it('is made as short as it can be, found again by its seed, and played again from a file', { tags: 'full' }, async () => {
    const { bundle, folder } = await brokenSimulation()
    const long = await runBundle(bundle, ['--seed', '5', '--no-shrink'])
    const { failure: short } = await runBundle(bundle, ['--seed', '5'])
    const again = await runBundle(bundle, ['--seed', String(short?.seed)])
    expect(again.failure).toEqual(short)
    expect(short?.violations.map(({ invariant }) => invariant)).toContain(2)
    expect(short?.history.steps.length).toBeLessThan(long.failure?.history.steps.length ?? 0)
    // One stop is all it takes.
    expect(short?.history.steps.length).toBeLessThanOrEqual(2)
    const file = join(folder, 'failing.json')
    writeFileSync(file, JSON.stringify(short?.history))
    const { code, printed } = await replay(bundle, file)
    expect(code).toBe(1)
    expect(printed).toContain(short?.violations[0]?.what)
  })
})
