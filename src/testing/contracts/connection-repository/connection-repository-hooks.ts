import type { ConnectionRepository } from '../../../repository/connection-repository.js'

/** What some cases of {@link connectionRepositoryContract} need beside a new repository. Those whose hook is missing are not in its list. */
export interface ConnectionRepositoryContractHooks<Repository extends ConnectionRepository = ConnectionRepository> {
  /**
   * Opens the data of a repository once more, as the next run of the process or a second process does. Not for repositories
   * that keep everything in the object.
   */
  reopen?(repository: Repository): Repository | Promise<Repository>
  /** Makes the backend unreachable. Returns what makes it reachable again, with everything that it held. */
  disconnect?(repository: Repository): (() => unknown) | Promise<() => unknown>
  /** Removes what the repository leaves behind. Called at the end of each case with what the factory or `reopen` gave, the last one first. */
  dispose?(repository: Repository): unknown
}
