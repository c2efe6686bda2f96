import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ChildScripts } from '../child-scripts.js'
import type { ListingOrder, Measured, MeasureOrder, Servers } from './lines.js'

type WithoutFolder<Order> = Order extends MeasureOrder ? Omit<Order, 'folder' | 'listing' | 'servers'> : never

/** Measures each thing in a process and a folder of its own, all on one disk. */
export class Measuring implements Disposable {
  readonly #scripts: ChildScripts
  readonly #folder: string
  readonly #listings: ListingOrder

  private constructor(scripts: ChildScripts, folder: string, servers: Servers) {
    this.#scripts = scripts
    this.#folder = folder
    this.#listings = { folders: join(folder, 'files'), database: join(folder, 'database'), servers }
  }

  /** Builds the scripts, and makes the sessions that are listed. */
  static async prepare(folder: string, servers: Servers): Promise<Measuring> {
    const names = ['measure-child', 'listing-child']
    const measuring = new Measuring(await ChildScripts.build(names.map((name) => new URL(`./${name}.ts`, import.meta.url))), folder, servers)
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
      const { folders, database, servers } = this.#listings
      const listing = 'keeper' in order && order.keeper.startsWith('sqlite') ? database : folders
      // The child answers each kind of order with the same kind.
      return (await child.ask({ ...order, folder, servers, listing })) as Extract<Measured, { kind: Order['kind'] }>
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** Removes the scripts. */
  [Symbol.dispose](): void {
    this.#scripts[Symbol.dispose]()
  }

  async #makeListings(): Promise<void> {
    const { folders, database } = this.#listings
    for (const path of [folders, database]) mkdirSync(path)
    await using child = this.#scripts.start('listing-child')
    await child.ask(this.#listings)
  }
}
