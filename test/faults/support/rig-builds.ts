import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'

/** Beside the packages, which the built scripts import. */
const CACHE = resolve('node_modules/.cache')

/** What stands in a file of the source, and what in a build. */
export interface SourceChange {
  /** The path of the file, from the folder of the project. */
  readonly file: string
  readonly from: string
  readonly to: string
}

/** Scripts of rigs that were built from a source that is changed in places, as those of another version. */
export class RigBuilds implements Disposable {
  readonly #folder: string

  constructor() {
    mkdirSync(CACHE, { recursive: true })
    this.#folder = mkdtempSync(join(CACHE, 'rig-'))
  }

  /** Builds one: the path of its script. */
  async make(name: string, changes: readonly SourceChange[]): Promise<string> {
    const script = join(this.#folder, `${name}.mjs`)
    await build({
      entryPoints: [fileURLToPath(new URL('./rig-child.ts', import.meta.url))],
      outfile: script,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'error',
      packages: 'external',
      plugins: [changing(changes)],
    })
    return pathToFileURL(script).href
  }

  /** Removes the scripts. */
  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function changing(changes: readonly SourceChange[]): Plugin {
  return {
    name: 'changed source',
    setup: ({ onLoad }) => {
      const files = new Set(changes.map((change) => resolve(change.file)))
      onLoad({ filter: /\.ts$/ }, ({ path }) => (files.has(path) ? { loader: 'ts', contents: changed(path, changes) } : null))
    },
  }
}

function changed(file: string, changes: readonly SourceChange[]): string {
  return changes
    .filter((change) => resolve(change.file) === file)
    .reduce(
      (text, { from, to }) => {
        if (text.split(from).length !== 2) throw new Error(`${file} holds not once: ${from}`)
        return text.replace(from, () => to)
      },
      readFileSync(file, 'utf8'),
    )
}
