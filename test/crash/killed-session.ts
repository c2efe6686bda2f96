import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SeededRandom } from '../support/seeded-random.js'
import { Expectation, type Finding } from './expectation.js'
import { runWriter } from './writer-process.js'

/** How long a writer may write at first. */
const KILL_WITHIN_MS = { few: 40, many: 250 } as const
const LONGEST_MS = 10_000

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
  #killWithinMs: number

  constructor(options: KilledSessionOptions) {
    this.#options = options
    this.#killWithinMs = this.#leastMs
  }

  /** Kills one more writer. Resolves with what it found before it wrote. */
  async kill(): Promise<Finding[]> {
    const { findings, acknowledged } = await this.#run(false, this.#options.random.below(this.#killWithinMs * 1000) / 1000)
    // On a slow machine nothing would ever be written.
    this.#killWithinMs = acknowledged > 0 ? this.#leastMs : Math.min(2 * this.#killWithinMs, LONGEST_MS)
    return findings
  }

  /** Looks at what the last writer has left, and writes nothing. */
  async look(): Promise<Finding[]> {
    return (await this.#run(true, 0)).findings
  }

  /** Whether the last writer was killed in the middle of a write. */
  get wasInWrite(): boolean {
    return this.#expectation.isInWrite
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  get #leastMs(): number {
    return KILL_WITHIN_MS[this.#options.isBig ? 'many' : 'few']
  }

  async #run(isLastLook: boolean, killAfterMs: number): Promise<{ findings: Finding[]; acknowledged: number }> {
    const { script, isBig, random } = this.#options
    const findings: Finding[] = []
    let acknowledged = 0
    const order = { directory: this.#directory, isBig, isLastLook, seed: random.below(2 ** 31), firstVersion: this.#expectation.nextVersion }
    await runWriter(script, order, killAfterMs, (line) => {
      if (line.kind === 'found') findings.push(...this.#expectation.judge(line.found))
      else this.#expectation.take(line)
      if (line.kind === 'done') acknowledged += 1
    })
    return { findings, acknowledged }
  }
}
