import type { ConnectionRepository } from '../../../repository/connection-repository.js'
import { type Check, type ContractCase, contractCases } from '../contract-case.js'
import type { ConnectionRepositoryContractHooks } from './connection-repository-hooks.js'
import { FINDING } from './finding.js'
import { PARALLEL_SAVES } from './parallel-saves.js'
import { RepositoryFixture } from './repository-fixture.js'
import { REPOSITORY_OUTAGE } from './repository-outage.js'
import { REPOSITORY_REOPENING } from './repository-reopening.js'
import { SAVING } from './saving.js'

const ALWAYS: readonly Check<RepositoryFixture>[] = [...SAVING, ...FINDING, ...PARALLEL_SAVES]

const WITH_HOOK: readonly (readonly [hook: keyof ConnectionRepositoryContractHooks, checks: readonly Check<RepositoryFixture>[]])[] = [
  ['reopen', REPOSITORY_REOPENING],
  ['disconnect', REPOSITORY_OUTAGE],
]

/**
 * The contract of {@link ConnectionRepository} as a list of cases for any test runner: `it(name, run)`. `create` is called
 * anew for each case, may be async, and gives a repository that holds nothing. What a repository of its kind cannot be
 * asked without help needs a hook, and is not in the list without it.
 *
 * @example
 * ```ts
 * describe('MyRepository', () => {
 *   for (const { name, run } of connectionRepositoryContract(() => new MyRepository())) it(name, run)
 * })
 * ```
 */
export function connectionRepositoryContract<Repository extends ConnectionRepository>(
  create: () => Repository | Promise<Repository>,
  hooks: ConnectionRepositoryContractHooks<Repository> = {},
): ContractCase[] {
  const more = WITH_HOOK.flatMap(([hook, checks]) => (hooks[hook] === undefined ? [] : checks))
  return contractCases<RepositoryFixture<Repository>>([...ALWAYS, ...more], () => new RepositoryFixture(create, hooks))
}
