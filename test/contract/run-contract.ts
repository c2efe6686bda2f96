import { describe, it } from 'vitest'
import type { ContractCase } from '../../src/testing/index.js'

/** Runs a contract suite, as a user of the package does. */
export function runContract(name: string, cases: readonly ContractCase[]): void {
  describe(name, () => {
    for (const { name: what, run } of cases) it(what, run)
  })
}
