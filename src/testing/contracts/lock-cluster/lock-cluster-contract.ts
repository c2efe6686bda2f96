import type { SessionLock } from '../../../lease/session-lock.js'
import { type Check, type ContractCase, contractCases } from '../contract-case.js'
import type { SessionLockContractHooks } from '../session-lock/session-lock-hooks.js'
import { ANNOUNCING, DRAINING } from './announcing.js'
import { ANOTHER_MEMBER } from './another-member.js'
import { ClusterFixture } from './cluster-fixture.js'
import { CLUSTER_EXPIRY, CLUSTER_OUTAGE, CLUSTER_TAKE_OVER } from './cluster-losses.js'
import { FOLLOWING } from './following.js'
import { NOTING } from './noting.js'

const ALWAYS: readonly Check<ClusterFixture>[] = [...ANNOUNCING, ...DRAINING, ...NOTING, ...FOLLOWING]

const WITH_HOOK: readonly (readonly [hook: keyof SessionLockContractHooks, checks: readonly Check<ClusterFixture>[]])[] = [
  ['openAnother', ANOTHER_MEMBER],
  ['disconnect', CLUSTER_OUTAGE],
  ['takeOver', CLUSTER_TAKE_OVER],
  ['runOut', CLUSTER_EXPIRY],
]

/**
 * The contract of `LockCluster`, the member `cluster` of a lock, as a list of cases for any test runner: `it(name, run)`. It takes what
 * {@link sessionLockContract} takes. With `openAnother` one lock is seen by another, without it by itself; `takeOver` and `runOut` need it, too.
 */
export function lockClusterContract<Lock extends SessionLock>(create: () => Lock | Promise<Lock>, hooks: SessionLockContractHooks<Lock> = {}): ContractCase[] {
  const more = WITH_HOOK.flatMap(([hook, checks]) => (hooks[hook] === undefined ? [] : checks))
  return contractCases<ClusterFixture<Lock>>([...ALWAYS, ...more], () => new ClusterFixture(create, hooks))
}
