import { fork, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Measured, MeasureOrder } from './lines.js'

/** Beside the packages, which the built scripts import. */
const CACHE = resolve('node_modules/.cache')

/** The processes of the measurement, which run plain JavaScript, and their folders, on one disk. */
export class Measuring implements Disposable {
  readonly #scripts: string
  readonly #folder: string

  private constructor(scripts: string, folder: string) {
    this.#scripts = scripts
    this.#folder = folder
  }

  /** Builds the scripts, and makes the sessions that are listed. */
  static async prepare(parent: string): Promise<Measuring> {
    mkdirSync(CACHE, { recursive: true })
    const measuring = new Measuring(mkdtempSync(join(CACHE, 'bench-store-')), mkdtempSync(join(parent, 'baileys-sessions-bench-')))
    try {
      const entryPoints = ['measure-child', 'listing-child'].map((name) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url)))
      await build({
        entryPoints,
        outdir: measuring.#scripts,
        outExtension: { '.js': '.mjs' },
        bundle: true,
        packages: 'external',
        format: 'esm',
        platform: 'node',
        target: 'node20',
        logLevel: 'error',
      })
      const listings = ['files', 'database'].map((name) => join(measuring.#folder, name))
      for (const listing of listings) mkdirSync(listing)
      const child = fork(join(measuring.#scripts, 'listing-child.mjs'), listings)
      if ((await exitOf(child)) !== 0) throw new Error('The sessions to list could not be made.')
    } catch (error) {
      measuring[Symbol.dispose]()
      throw error
    }
    return measuring
  }

  /** Measures one contender in a process and a folder of its own. */
  async measure(contender: MeasureOrder['contender']): Promise<Measured> {
    const folder = mkdtempSync(join(this.#folder, 'round-'))
    const child = fork(join(this.#scripts, 'measure-child.mjs'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const exit = exitOf(child)
    try {
      const order: MeasureOrder = { contender, folder, listing: join(this.#folder, contender.startsWith('sqlite') ? 'database' : 'files') }
      child.send(order)
      const answer = new Promise<unknown>((resolveAnswer) => {
        child.once('message', resolveAnswer)
      })
      const measured = await Promise.race([
        answer,
        exit.then((code) => {
          throw new Error(`Measuring "${contender}" ended with ${String(code)}.`)
        }),
      ])
      await exit
      // The child sends nothing else.
      return measured as Measured
    } finally {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** Removes scripts and folders. */
  [Symbol.dispose](): void {
    for (const path of [this.#scripts, this.#folder]) rmSync(path, { recursive: true, force: true })
  }
}

async function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolveExit) => {
    child.once('exit', (code, signal) => {
      resolveExit(code ?? signal)
    })
  })
}
