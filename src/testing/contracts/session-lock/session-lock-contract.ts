import type { SessionLock } from '../../../lease/session-lock.js'
import { type Check, type ContractCase, contractCases } from '../contract-case.js'
import { ANOTHER_LOCK } from './another-lock.js'
import { HOLDING } from './holding.js'
import { HOSTILE_LOCK_IDS } from './hostile-lock-ids.js'
import { LockFixture } from './lock-fixture.js'
import { LOCK_EXPIRY } from './lock-expiry.js'
import { LOCK_OUTAGE } from './lock-outage.js'
import { LOCK_TAKE_OVER } from './lock-take-over.js'
import { RELEASING } from './releasing.js'
import type { SessionLockContractHooks } from './session-lock-hooks.js'

const ALWAYS: readonly Check<LockFixture>[] = [...HOLDING, ...RELEASING, ...HOSTILE_LOCK_IDS]

const WITH_HOOK: readonly (readonly [hook: keyof SessionLockContractHooks, checks: readonly Check<LockFixture>[]])[] = [
  ['openAnother', ANOTHER_LOCK],
  ['disconnect', LOCK_OUTAGE],
  ['takeOver', LOCK_TAKE_OVER],
  ['runOut', LOCK_EXPIRY],
]

/**
 * The contract of {@link SessionLock} as a list of cases for any test runner: `it(name, run)`. `create` is called anew for
 * each case, may be async, and gives a lock of which nobody holds anything; the case releases what it took. What a lock of
 * its kind cannot be asked without help needs a hook, and is not in the list without it.
 *
 * @example
 * ```ts
 * describe('MyLock', () => {
 *   for (const { name, run } of sessionLockContract(() => new MyLock())) it(name, run)
 * })
 * ```
 */
export function sessionLockContract<Lock extends SessionLock>(create: () => Lock | Promise<Lock>, hooks: SessionLockContractHooks<Lock> = {}): ContractCase[] {
  const more = WITH_HOOK.flatMap(([hook, checks]) => (hooks[hook] === undefined ? [] : checks))
  return contractCases<LockFixture<Lock>>([...ALWAYS, ...more], () => new LockFixture(create, hooks))
}
