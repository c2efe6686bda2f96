import type { ConnectionRepository } from '../../../repository/connection-repository.js'
import { Cleanup } from '../cleanup.js'
import { answerOf, reconnectLater } from '../hook-answers.js'
import type { ConnectionRepositoryContractHooks } from './connection-repository-hooks.js'

/** What one case works with: the repositories that it opened are disposed of when it ends. */
export class RepositoryFixture<Repository extends ConnectionRepository = ConnectionRepository> {
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
    return this.#disposeLater(await answerOf(this.#hooks.reopen?.(repository), 'reopen'))
  }

  /** Cuts the repository off from its backend, until the function returned is called or the case ends. */
  async disconnect(repository: Repository): Promise<() => Promise<void>> {
    return reconnectLater(await answerOf(this.#hooks.disconnect?.(repository), 'disconnect'), this.cleanup)
  }

  #disposeLater(repository: Repository): Repository {
    this.cleanup.add(() => this.#hooks.dispose?.(repository))
    return repository
  }
}
