import { AssertionError } from 'node:assert/strict'
import type { Cleanup } from './cleanup.js'

/** One check of a contract, for any test runner: `it(name, run)`. */
export interface ContractCase {
  /** What is checked, in one line; no other case of the suite has the same. */
  readonly name: string
  /** What the port demands, in the words of its documentation. */
  readonly must: string
  /** Runs the check on a subject of its own, and tidies up. Rejects, and tells what was expected, when it does not hold. */
  readonly run: () => Promise<void>
}

/** A case before it knows what it is run on. */
export interface Check<Fixture> {
  readonly name: string
  readonly must: string
  readonly check: (fixture: Fixture) => Promise<void>
}

/** Makes the cases of a suite: each gets a fixture of its own, which is tidied up when it ends. */
export function contractCases<Fixture>(checks: readonly Check<Fixture>[], makeFixture: () => Fixture & { readonly cleanup: Cleanup }): ContractCase[] {
  return checks.map(({ name, must, check }) => ({
    name,
    must,
    run: async () => {
      const fixture = makeFixture()
      try {
        await check(fixture)
      } catch (error) {
        // What failed first says more than what fails now because of it.
        await fixture.cleanup.run().catch(() => undefined)
        throw broken(must, error)
      }
      await fixture.cleanup.run().catch((error: unknown) => {
        throw new Error(`The check itself passed, but the clean-up after it (a close or a hook) failed: ${messageOf(error)}`, { cause: error })
      })
    },
  }))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function broken(must: string, error: unknown): Error {
  const sentence = `This part of the contract is broken: "${must}."`
  if (error instanceof AssertionError) {
    const { actual, expected } = error
    // An operator of its own, since Node adds the difference, which stands in the message already, for those that it knows.
    return new AssertionError({ message: `${sentence}\n${error.message}`, actual, expected, operator: 'contract' })
  }
  return new Error(`${sentence}\nA call failed that should have succeeded: ${messageOf(error)}`, { cause: error })
}
