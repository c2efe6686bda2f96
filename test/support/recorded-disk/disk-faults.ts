import { writeSync } from 'node:fs'
import { type DiskCall, isChange } from './disk-call.js'
import { type DiskWatch, type Verdict, watchDisk } from './watch-disk.js'

/** What a disk, or a process without descriptors, answers with. */
export type DiskErrorCode = 'ENOSPC' | 'EMFILE' | 'EIO'

/** Which call fails, and with what. */
export interface FaultPlan {
  readonly code: DiskErrorCode
  /** Counted from 1, among the calls that can fail so; 0 for none. */
  readonly nth: number
  /** Whether all calls after it fail, too, until the disk is mended. */
  readonly lasts?: boolean
}

/** A folder on a disk of which one call fails. */
export class FaultyDisk implements Disposable {
  readonly #plan: FaultPlan
  readonly #watch: DiskWatch
  readonly #calls: DiskCall[] = []
  #isMended = false
  #failed: DiskCall | null = null

  constructor(folder: string, plan: FaultPlan) {
    this.#plan = plan
    this.#watch = watchDisk(folder, { before: (call) => this.#judge(call) })
  }

  /** The calls that could have failed so far. */
  get calls(): readonly DiskCall[] {
    return this.#calls
  }

  /** The first call that has failed; `null` when none has. */
  get failed(): DiskCall | null {
    return this.#failed
  }

  /** Resolves when nothing is under way. */
  quiet(): Promise<void> {
    return this.#watch.quiet()
  }

  /** Nothing fails any more. */
  mend(): void {
    this.#isMended = true
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]()
  }

  #judge(call: DiskCall): Verdict {
    const { code, nth, lasts = false } = this.#plan
    // No power is lost here, and a sync takes longer than all else.
    const well = call.kind === 'sync' ? 'skipped' : undefined
    if (this.#isMended || !canFailWith(code, call)) return well
    this.#calls.push(call)
    if (this.#calls.length !== nth && !(lasts && this.#failed !== null)) return well
    this.#failed ??= call
    if (code === 'ENOSPC') writeHalf(call)
    return Object.assign(new Error(`${code}: the disk was told to fail, ${call.kind} '${call.path}'`), { code })
  }
}

/** Writes only a part of what a call writes, as a disk does that fills up, and a process that is killed. */
export function writeHalf({ kind, file, bytes, at }: DiskCall): void {
  if (kind !== 'write' || file === undefined || bytes === undefined) return
  writeSync(file, bytes, 0, Math.floor(bytes.length / 2), at ?? null)
}

function canFailWith(code: DiskErrorCode, call: DiskCall): boolean {
  const { kind } = call
  // A descriptor is gone whatever its close says.
  if (kind === 'close') return false
  if (code === 'EIO') return true
  if (code === 'EMFILE') return kind === 'open' || kind === 'list' || (kind === 'write' && call.file === undefined)
  return isChange(call) && kind !== 'unlink' && kind !== 'rmdir'
}
