import { describe, it, type TestOptions } from 'vitest'
import type { ContractCase } from '../../src/testing/index.js'

/** Runs a contract suite, as a user of the package does. */
export function runContract(name: string, cases: readonly ContractCase[], options: TestOptions = {}): void {
  describe(name, options, () => {
    for (const { name: what, run } of cases) it(what, run)
  })
}
