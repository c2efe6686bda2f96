import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ChildScripts } from '../child-scripts.js'
import type { ListingOrder, Measured, MeasureOrder } from './lines.js'

type WithoutFolder<Order> = Order extends MeasureOrder ? Omit<Order, 'folder' | 'listing'> : never

/** Measures each thing in a process and a folder of its own, all on one disk. */
export class Measuring implements Disposable {
  readonly #scripts: ChildScripts
  readonly #folder: string
  readonly #listings: ListingOrder

  private constructor(scripts: ChildScripts, parent: string) {
    this.#scripts = scripts
    this.#folder = mkdtempSync(join(parent, 'baileys-sessions-bench-'))
    this.#listings = { folders: join(this.#folder, 'files'), database: join(this.#folder, 'database') }
  }

  /** Builds the scripts, and makes the sessions that are listed. */
  static async prepare(parent: string): Promise<Measuring> {
    const names = ['measure-child', 'listing-child']
    const measuring = new Measuring(await ChildScripts.build(names.map((name) => new URL(`./${name}.ts`, import.meta.url))), parent)
    try {
      await measuring.#makeListings()
    } catch (error) {
      measuring[Symbol.dispose]()
      throw error
    }
    return measuring
  }

  /** Measures one thing. */
  async measure<Order extends WithoutFolder<MeasureOrder>>(order: Order): Promise<Extract<Measured, { kind: Order['kind'] }>> {
    const folder = mkdtempSync(join(this.#folder, 'round-'))
    try {
      await using child = this.#scripts.start('measure-child')
      const { folders, database } = this.#listings
      const listing = 'keeper' in order && order.keeper.startsWith('sqlite') ? database : folders
      // The child answers each kind of order with the same kind.
      return (await child.ask({ ...order, folder, listing })) as Extract<Measured, { kind: Order['kind'] }>
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** Removes scripts and folders. */
  [Symbol.dispose](): void {
    this.#scripts[Symbol.dispose]()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #makeListings(): Promise<void> {
    const { folders, database } = this.#listings
    for (const path of [folders, database]) mkdirSync(path)
    await using child = this.#scripts.start('listing-child')
    await child.ask(this.#listings)
  }
}
