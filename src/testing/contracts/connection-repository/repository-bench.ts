import type { ConnectionRepository } from '../../../repository/connection-repository.js'
import { Cleanup } from '../cleanup.js'
import type { ConnectionRepositoryContractHooks } from './connection-repository-hooks.js'

/** What one case works with: the repositories that it opened are disposed of when it ends. */
export class RepositoryBench<Repository extends ConnectionRepository = ConnectionRepository> {
  readonly cleanup: Cleanup = new Cleanup()
  readonly #create: () => Repository | Promise<Repository>
  readonly #hooks: ConnectionRepositoryContractHooks<Repository>

  constructor(create: () => Repository | Promise<Repository>, hooks: ConnectionRepositoryContractHooks<Repository>) {
    this.#create = create
    this.#hooks = hooks
  }

  /** A new repository that holds nothing. */
  async open(): Promise<Repository> {
    return this.#disposeLater(await this.#create())
  }

  /** A second repository over the same data. */
  async reopen(repository: Repository): Promise<Repository> {
    const again = await this.#hooks.reopen?.(repository)
    if (again === undefined) throw new TypeError('The hook reopen of the contract returned nothing.')
    return this.#disposeLater(again)
  }

  /** Cuts the repository off from its backend, until the function returned is called or the case ends. */
  async disconnect(repository: Repository): Promise<() => Promise<void>> {
    const connect = await this.#hooks.disconnect?.(repository)
    if (connect === undefined) throw new TypeError('The hook disconnect of the contract returned nothing.')
    let isConnected = false
    const reconnect = async (): Promise<void> => {
      if (isConnected) return
      isConnected = true
      await connect()
    }
    this.cleanup.add(reconnect)
    return reconnect
  }

  #disposeLater(repository: Repository): Repository {
    this.cleanup.add(() => this.#hooks.dispose?.(repository))
    return repository
  }
}
