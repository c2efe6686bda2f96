import type { Found, FoundPart, Part, WriterLine } from './protocol.js'

/** What is wrong with what a killed writer left. */
export interface Finding {
  /** `lost`: something acknowledged is missing, or there is a new identity. `torn`: a value or a batch is there in part. */
  readonly kind: 'lost' | 'torn'
  /** For a person. */
  readonly text: string
}

/** How far the writes of one part got. */
interface Progress {
  acknowledged: number
  begun: number
}

/** What the next process may find of one session: for each part the value acknowledged last, or one that was begun since. */
export class Expectation {
  readonly #parts = new Map<Part, Progress>()
  #identity: string | null = null

  /** Takes in what a writer told. */
  take(line: WriterLine): void {
    if (line.kind !== 'begun' && line.kind !== 'done') return
    const progress = this.#progressOf(line.part)
    if (line.kind === 'begun') progress.begun = line.version
    else progress.acknowledged = line.version
    if (line.identity !== undefined && line.kind === 'done') this.#identity = line.identity
  }

  /** Whether something was begun that was not acknowledged. */
  get isInWrite(): boolean {
    return [...this.#parts.values()].some(({ begun, acknowledged }) => begun > acknowledged)
  }

  /** The number of the next value that nobody has written yet. */
  get nextVersion(): number {
    return Math.max(0, ...[...this.#parts.values()].map(({ begun }) => begun)) + 1
  }

  /** Judges what the next process found. What it found is what the one after it must find. */
  judge({ creds, identity, batches }: Found): Finding[] {
    const findings = [this.#judgePart('creds', creds), ...batches.map((batch, number) => this.#judgePart(number, batch))]
    if (this.#identity !== null && identity !== null && identity !== this.#identity) {
      findings.push({ kind: 'lost', text: 'creds: they are those of a new identity' })
    }
    this.#identity = identity
    return findings.filter((finding) => finding !== null)
  }

  #judgePart(part: Part, found: FoundPart): Finding | null {
    const progress = this.#progressOf(part)
    const name = part === 'creds' ? 'creds' : `batch ${part}`
    if (found.kind === 'torn') return { kind: 'torn', text: `${name}: ${found.problem}` }
    const { acknowledged, begun } = progress
    if (found.version > begun) return { kind: 'torn', text: `${name}: value ${found.version}, of which nobody has told; the last was ${begun}` }
    if (found.version < acknowledged) {
      const what = found.version === 0 ? 'nothing' : `value ${found.version}`
      return { kind: 'lost', text: `${name}: ${what} is there, but value ${acknowledged} was acknowledged` }
    }
    progress.acknowledged = found.version
    progress.begun = found.version
    return null
  }

  #progressOf(part: Part): Progress {
    const progress = this.#parts.get(part) ?? { acknowledged: 0, begun: 0 }
    this.#parts.set(part, progress)
    return progress
  }
}
