import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SeededRandom } from '../support/seeded-random.js'
import { Expectation, type Finding } from './expectation.js'
import type { FaultPoint } from './protocol.js'
import type { StoreStep } from './store-steps.js'
import { runWriter } from './writer-process.js'

/** How long a writer may write at first. */
const KILL_WITHIN_MS = { few: 40, many: 250 } as const
const LONGEST_MS = 10_000
/** A writer that is to kill itself at a step ends by itself when it does not come to it. */
const STEP_WITHIN_MS = 60_000

const MOMENTS: readonly [FaultPoint['moment'], ...FaultPoint['moment'][]] = ['before', 'during', 'after']

/** Up to the how manieth call of each step a writer lives: how often a writer comes to it, by and large. */
const LATEST_CALL: Readonly<Record<StoreStep, number>> = {
  'take-lock': 6,
  'give-lock-back': 3,
  'begin-journal': 3,
  append: 40,
  sync: 25,
  seal: 1,
  'fold-text': 150,
  'fold-file': 80,
  'fold-removal': 40,
  names: 3,
  'fold-sync': 12,
  cut: 4,
  'remove-journal': 4,
}

/** How the writers of one session work. */
export interface KilledSessionOptions {
  /** The script of the writer. */
  readonly script: string
  /** Whether it also gets batches of 812 records. */
  readonly isBig: boolean
  /** The step at which they are killed; `null` for any moment. */
  readonly step: StoreStep | null
  readonly random: SeededRandom
}

/** A session in a folder of its own, whose writers are killed one after the other. Each looks at what the one before has left. */
export class KilledSession implements Disposable {
  readonly #options: KilledSessionOptions
  readonly #directory = mkdtempSync(join(tmpdir(), 'baileys-sessions-crash-'))
  readonly #expectation = new Expectation()
  #killWithinMs: number
  #latestCall: number
  #isAtStep = false

  constructor(options: KilledSessionOptions) {
    this.#options = options
    this.#killWithinMs = this.#leastMs
    this.#latestCall = options.step === null ? 0 : LATEST_CALL[options.step]
  }

  /** Kills one more writer, at its step if there is one. Resolves with what it found before it wrote. */
  async kill(): Promise<Finding[]> {
    const { step, random } = this.#options
    if (step !== null) {
      const point: FaultPoint = { step, nth: 1 + random.below(this.#latestCall), moment: random.pick(MOMENTS) }
      const { findings: found } = await this.#run(false, STEP_WITHIN_MS, point)
      // The next one need not come as far.
      if (!this.#isAtStep) this.#latestCall = Math.ceil(this.#latestCall / 2)
      return found
    }
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

  /** Whether the last writer killed itself at its step. */
  get wasAtStep(): boolean {
    return this.#isAtStep
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  get #leastMs(): number {
    return KILL_WITHIN_MS[this.#options.isBig ? 'many' : 'few']
  }

  async #run(isLastLook: boolean, killAfterMs: number, dieAt: FaultPoint | null = null): Promise<{ findings: Finding[]; acknowledged: number }> {
    const { script, isBig, random } = this.#options
    const findings: Finding[] = []
    let acknowledged = 0
    const order = { directory: this.#directory, isBig, isLastLook, seed: random.below(2 ** 31), firstVersion: this.#expectation.nextVersion, dieAt }
    this.#isAtStep = false
    await runWriter(script, order, killAfterMs, (line) => {
      if (line.kind === 'found') findings.push(...this.#expectation.judge(line.found))
      else this.#expectation.take(line)
      if (line.kind === 'dying') this.#isAtStep = true
      if (line.kind === 'done') acknowledged += 1
    })
    return { findings, acknowledged }
  }
}
