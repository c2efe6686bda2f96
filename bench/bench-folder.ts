import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** A folder for everything that is measured, on one disk. */
export class BenchFolder implements Disposable {
  readonly path: string

  constructor(parent: string) {
    this.path = mkdtempSync(join(parent, 'baileys-sessions-bench-'))
  }

  /** Removes it. */
  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
