import { AssertionError } from 'node:assert/strict'
import { inspect } from 'node:util'
import { isSessionError, type SessionErrorCode } from '../../errors.js'

/** How a call ended. */
export type Outcome<Value> = { readonly value: Value } | { readonly error: unknown }

/** Makes a call and tells how it ended; what is thrown at once counts as a rejection. */
export async function outcomeOf<Value>(call: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { value: await call() }
  } catch (error) {
    return { error }
  }
}

/** Asserts that each of some calls rejects with a `SessionError` of this code. */
export async function assertRejects(code: SessionErrorCode, calls: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
  const outcomes: Record<string, string> = {}
  for (const [name, call] of Object.entries(calls)) outcomes[name] = describeOutcome(await outcomeOf(call))
  const expected = Object.fromEntries(Object.keys(calls).map((name) => [name, `rejected with ${code}`]))
  const wrong = Object.keys(calls).filter((name) => outcomes[name] !== expected[name])
  if (wrong.length === 0) return
  const lines = wrong.map((name) => `  ${name}: ${outcomes[name] ?? ''}`)
  throw new AssertionError({
    message: `Expected a SessionError with the code ${code}, but:\n${lines.join('\n')}`,
    actual: outcomes,
    expected,
    operator: 'assertRejects',
  })
}

/** In words, for a comparison: `resolved with …`, or `rejected with` a code or an error. */
export function describeOutcome(outcome: Outcome<unknown>): string {
  if ('value' in outcome) return `resolved with ${inspect(outcome.value)}`
  const { error } = outcome
  if (isSessionError(error)) return `rejected with ${error.code}`
  return `rejected with ${error instanceof Error ? String(error) : inspect(error)}`
}

/** Whether a call was refused with this code. */
export function isRefusal(outcome: Outcome<unknown>, code: SessionErrorCode): boolean {
  return 'error' in outcome && isSessionError(outcome.error, code)
}
