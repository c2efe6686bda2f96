import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own, so small that it can be filled, that can be made read-only for real. */
export class SmallDisk implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'baileys-sessions-disk-'))

  constructor() {
    try {
      run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', this.path)
    } catch (error) {
      rmSync(this.path, { recursive: true, force: true })
      throw error
    }
  }

  /** Leaves room for nothing. */
  fill(): void {
    const { bavail, bsize } = statfsSync(this.path)
    writeFileSync(this.#ballast, Buffer.alloc(bavail * bsize))
  }

  /** Leaves room again. */
  empty(): void {
    rmSync(this.#ballast)
  }

  /** Makes it read-only, or writable again. */
  remount(mode: 'ro' | 'rw'): void {
    run('mount', '-o', `remount,${mode}`, this.path)
  }

  [Symbol.dispose](): void {
    // Also when somebody still uses it.
    run('umount', '-l', this.path)
    rmSync(this.path, { recursive: true, force: true })
  }

  get #ballast(): string {
    return join(this.path, 'ballast')
  }
}

/** Whether this user can make one here. */
export function canMount(): boolean {
  if (process.geteuid?.() !== 0 || process.platform !== 'linux') return false
  try {
    using _disk = new SmallDisk()
    return true
  } catch {
    return false
  }
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'ignore' })
}
