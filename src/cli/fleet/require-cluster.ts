import type { LockCluster } from '../../lease/lock-cluster.js'
import type { SessionStore } from '../../store/session-store.js'
import { CommandError } from '../command-environment.js'
import type { StoreName } from '../stores/store-name.js'

/** What the processes that use a store tell each other. Throws a `CommandError` for a store in which they cannot. */
export function requireCluster({ text }: StoreName, { lock }: SessionStore): LockCluster {
  if (lock.cluster === undefined) throw new CommandError(`${text} does not keep which processes use it, so there is no fleet to show or to drain.`)
  return lock.cluster
}
