import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from '../support/bundle.js'

/** Beside the packages, which the built scripts import. */
const CACHE = resolve('node_modules/.cache')

/** The scripts of writers as plain JavaScript, in one file each: a thousand processes have to start quickly. */
export class BuiltWriters implements Disposable {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Builds `writers/<name>-child.ts` for each name. */
  static async make(names: readonly string[]): Promise<BuiltWriters> {
    mkdirSync(CACHE, { recursive: true })
    const folder = mkdtempSync(join(CACHE, 'crash-'))
    try {
      const entryPoints = names.map((name) => fileURLToPath(new URL(`./writers/${name}-child.ts`, import.meta.url)))
      await bundle(entryPoints, folder)
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
    return new BuiltWriters(folder)
  }

  /** The path of a script. */
  script(name: string): string {
    return join(this.#folder, `${name}-child.mjs`)
  }

  /** Removes the scripts. */
  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
