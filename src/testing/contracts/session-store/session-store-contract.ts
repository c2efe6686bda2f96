import type { SessionStore } from '../../../store/session-store.js'
import { type Check, type ContractCase, contractCases } from '../contract-case.js'
import { ANOTHER_STORE } from './another-store.js'
import { BATCHES } from './batches.js'
import { CLOSING } from './closing.js'
import { DAMAGE } from './damage.js'
import { DELETES } from './deletes.js'
import { FENCING } from './fencing.js'
import { HOSTILE_IDS } from './hostile-ids.js'
import { HOSTILE_KEYS } from './hostile-keys.js'
import { LISTING } from './listing.js'
import { MENDED, UNMARKED } from './mending.js'
import { OUTAGE } from './outage.js'
import { PARALLEL_WRITERS } from './parallel-writers.js'
import { REOPENING } from './reopening.js'
import { REPLACING } from './replacing.js'
import type { SessionStoreContractHooks } from './session-store-hooks.js'
import { StoreFixture } from './store-fixture.js'
import { TAKE_OVER } from './take-over.js'
import { VALUES } from './values.js'

const ALWAYS: readonly Check<StoreFixture>[] = [
  ...VALUES,
  ...BATCHES,
  ...REPLACING,
  ...DELETES,
  ...HOSTILE_KEYS,
  ...HOSTILE_IDS,
  ...LISTING,
  ...PARALLEL_WRITERS,
  ...FENCING,
  ...CLOSING,
  ...UNMARKED,
]

const WITH_HOOK: readonly (readonly [hook: keyof SessionStoreContractHooks, checks: readonly Check<StoreFixture>[]])[] = [
  ['reopen', REOPENING],
  ['openAnother', ANOTHER_STORE],
  ['corrupt', DAMAGE],
  ['damageCreds', MENDED],
  ['disconnect', OUTAGE],
  ['takeOver', TAKE_OVER],
]

/**
 * The contract of {@link SessionStore} as a list of cases for any test runner: `it(name, run)`. `create` is called anew for
 * each case, may be async, and gives a store that holds nothing; the case closes it. What a store of its kind cannot be
 * asked without help needs a hook, and is not in the list without it.
 *
 * @example
 * ```ts
 * describe('MyStore', () => {
 *   for (const { name, run } of sessionStoreContract(() => new MyStore())) it(name, run)
 * })
 * ```
 */
export function sessionStoreContract<Store extends SessionStore>(
  create: () => Store | Promise<Store>,
  hooks: SessionStoreContractHooks<Store> = {},
): ContractCase[] {
  const more = WITH_HOOK.flatMap(([hook, checks]) => (hooks[hook] === undefined ? [] : checks))
  return contractCases<StoreFixture<Store>>([...ALWAYS, ...more], () => new StoreFixture(create, hooks))
}
