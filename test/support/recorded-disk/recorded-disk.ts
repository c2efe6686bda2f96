import { Buffer } from 'node:buffer'
import type { DiskCall } from './disk-call.js'
import { type DiskWatch, type DiskWatcher, watchDisk } from './watch-disk.js'

/** A file or a folder, whatever its name is. The folder that is recorded has the number 0. */
export type NodeNumber = number

/** What a name stands for. */
export interface NamedNode {
  readonly node: NodeNumber
  readonly isFolder: boolean
}

/** A name that comes, or with `null` goes. */
export interface NameChange {
  readonly folder: NodeNumber
  readonly name: string
  readonly node: NamedNode | null
}

/** What a call has changed. */
export type DiskEffect =
  | { readonly kind: 'data'; readonly file: NodeNumber; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'length'; readonly file: NodeNumber; readonly length: number }
  /** All of one call, which no disk takes apart. */
  | { readonly kind: 'names'; readonly changes: readonly NameChange[] }
  /** Everything before the effect `upTo` that is about this file or folder survives from now on. */
  | { readonly kind: 'sync'; readonly node: NodeNumber; readonly upTo: number }

interface OpenFile {
  readonly node: NodeNumber
  readonly appends: boolean
  position: number
}

const ROOT: NodeNumber = 0

/** Records everything that is done to a folder, which is empty at first. */
export class RecordedDisk implements Disposable {
  /** What was done, oldest first. */
  readonly effects: DiskEffect[] = []
  readonly #watch: DiskWatch
  readonly #folders = new Map<NodeNumber, Map<string, NodeNumber>>([[ROOT, new Map()]])
  readonly #lengths = new Map<NodeNumber, number>()
  readonly #open = new Map<number, OpenFile>()
  /** How many effects there were when a call began. */
  readonly #begun = new Map<DiskCall, number>()
  #nodes = 0

  /** What is asked after it, and told before it, is `also`. */
  constructor(folder: string, also: DiskWatcher = {}) {
    this.#watch = watchDisk(folder, {
      before: (call) => {
        this.#begun.set(call, this.effects.length)
        return also.before?.(call)
      },
      after: (call, error, result) => {
        also.after?.(call, error, result)
        if (error === null) this.#record(call, result)
        this.#begun.delete(call)
      },
    })
  }

  /** Resolves when nothing is under way. */
  quiet(): Promise<void> {
    return this.#watch.quiet()
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]()
  }

  #record(call: DiskCall, result: unknown): void {
    const { kind, file = -1 } = call
    if (kind === 'truncate') this.#cut(this.#nodeOf(call), call.length ?? 0)
    else if (kind === 'sync') this.effects.push({ kind, node: this.#nodeOf(call), upTo: this.#begun.get(call) ?? 0 })
    else if (kind === 'write') this.#write(call)
    else if (kind === 'open' && typeof result === 'number') this.#open.set(result, this.#opened(call))
    else if (kind === 'close') this.#open.delete(file)
    else this.#recordNames(call)
  }

  #recordNames({ kind, path, to = '' }: DiskCall): void {
    if (kind === 'mkdir') this.#make(path, true)
    else if (kind === 'unlink' || kind === 'rmdir') this.#changeNames([path, null])
    else if (kind === 'rename') this.#changeNames([path, null], [to, this.#find(path)])
    else if (kind === 'link') this.#changeNames([to, this.#find(path)])
  }

  #opened({ path, mode }: DiskCall): OpenFile {
    const found = this.#find(path)
    const node = found ?? this.#make(path, false)
    if (found !== null && mode?.truncates === true) this.#cut(node, 0)
    return { node, appends: mode?.appends === true, position: 0 }
  }

  #write(call: DiskCall): void {
    const { file, bytes = new Uint8Array(), at = null } = call
    const open = (file === undefined ? undefined : this.#open.get(file)) ?? this.#opened(call)
    const length = this.#lengths.get(open.node) ?? 0
    const place = open.appends ? length : (at ?? open.position)
    if (at === null) open.position = place + bytes.length
    this.#lengths.set(open.node, Math.max(length, place + bytes.length))
    this.effects.push({ kind: 'data', file: open.node, at: place, bytes: Buffer.from(bytes) })
  }

  #cut(file: NodeNumber, length: number): void {
    this.#lengths.set(file, length)
    this.effects.push({ kind: 'length', file, length })
  }

  #make(path: string, isFolder: boolean): NodeNumber {
    const node = ++this.#nodes
    if (isFolder) this.#folders.set(node, new Map())
    this.#changeNames([path, node])
    return node
  }

  #changeNames(...changed: readonly (readonly [path: string, node: NodeNumber | null])[]): void {
    const changes = changed.map(([path, node]) => {
      const parts = path.split('/')
      const name = parts.pop() ?? ''
      const folder = this.#find(parts.join('/'))
      if (folder === null) throw new Error(`Nobody has told where ${path} is.`)
      return { folder, name, node: node === null ? null : { node, isFolder: this.#folders.has(node) } }
    })
    for (const { folder, name, node } of changes) {
      if (node === null) this.#folders.get(folder)?.delete(name)
      else this.#folders.get(folder)?.set(name, node.node)
    }
    this.effects.push({ kind: 'names', changes })
  }

  #nodeOf({ file, path }: DiskCall): NodeNumber {
    const node = (file === undefined ? undefined : this.#open.get(file)?.node) ?? this.#find(path)
    if (node === null) throw new Error(`Nobody has told what ${path} is.`)
    return node
  }

  #find(path: string): NodeNumber | null {
    if (path === '') return ROOT
    let node: NodeNumber | undefined = ROOT
    for (const name of path.split('/')) {
      if (node === undefined) return null
      node = this.#folders.get(node)?.get(name)
    }
    return node ?? null
  }
}
