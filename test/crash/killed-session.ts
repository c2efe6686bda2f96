import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SeededRandom } from '../support/seeded-random.js'
import { Expectation, type Finding } from './expectation.js'
import { runWriter } from './writer-process.js'

const KILL_WITHIN_MS = 40
const KILL_BIG_WITHIN_MS = 250

/** How the writers of one session work. */
export interface KilledSessionOptions {
  /** The script of the writer. */
  readonly script: string
  /** Whether it also gets batches of 812 records. */
  readonly isBig: boolean
  readonly random: SeededRandom
}

/** A session in a folder of its own, whose writers are killed one after the other. Each looks at what the one before has left. */
export class KilledSession implements Disposable {
  readonly #options: KilledSessionOptions
  readonly #directory = mkdtempSync(join(tmpdir(), 'baileys-sessions-crash-'))
  readonly #expectation = new Expectation()

  constructor(options: KilledSessionOptions) {
    this.#options = options
  }

  /** Kills one more writer. Resolves with what it found before it wrote. */
  async kill(): Promise<Finding[]> {
    const { isBig, random } = this.#options
    return this.#run(false, random.below((isBig ? KILL_BIG_WITHIN_MS : KILL_WITHIN_MS) * 1000) / 1000)
  }

  /** Looks at what the last writer has left, and writes nothing. */
  async look(): Promise<Finding[]> {
    return this.#run(true, 0)
  }

  /** Whether the last writer was killed in the middle of a write. */
  get wasInWrite(): boolean {
    return this.#expectation.isInWrite
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #run(isLastLook: boolean, killAfterMs: number): Promise<Finding[]> {
    const { script, isBig, random } = this.#options
    const findings: Finding[] = []
    const order = { directory: this.#directory, isBig, isLastLook, seed: random.below(2 ** 31), firstVersion: this.#expectation.nextVersion }
    await runWriter(script, order, killAfterMs, (line) => {
      if (line.kind === 'found') findings.push(...this.#expectation.judge(line.found))
      else this.#expectation.take(line)
    })
    return findings
  }
}
