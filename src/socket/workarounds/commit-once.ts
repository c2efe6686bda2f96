import type { DialConfig } from '../baileys-module.js'

/**
 * Makes Baileys give up a commit that failed after one try. By default it makes ten, 3 s apart, and holds its mutex meanwhile
 * (7.0.0-rc14, `transactionOpts`); the write queue below repeats a failed write by itself, and its failure ends the socket.
 * Delete it once every supported version lets other work go on while a commit is repeated.
 */
export function commitOnce(config: DialConfig): DialConfig {
  return { transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 100 }, ...config }
}
