import fs from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { relative, resolve, sep } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { type DiskCall, type DiskCallKind, openModeOf } from './disk-call.js'

/** What comes of a call: an error fails it in its place, a promise makes it wait, and `skipped` is as if it had been done. */
export type Verdict = Error | Promise<void> | 'skipped' | undefined

/** Stands between a store and the disk. */
export interface DiskWatcher {
  /** Before a call. */
  readonly before?: (call: DiskCall) => Verdict
  /** After a call, before the store hears of it. The error is `null` when it went well; the result of an `open` is its descriptor. */
  readonly after?: (call: DiskCall, error: Error | null, result?: unknown) => void
}

type AnyFunction = (...args: unknown[]) => unknown
type Describe = (args: readonly unknown[], pathOf: (place: unknown) => string | null) => DiskCall | null

const isFunction = (value: unknown): value is AnyFunction => typeof value === 'function'

// Its functions are replaced by name, which the types of Node do not foresee.
const CALLBACKS = fs as unknown as Record<string, AnyFunction>
const PROMISES = promises as unknown as Record<string, AnyFunction>

/** Takes part in all calls of this process about what lies in a folder, until it is disposed of: the one that came last first. */
export interface DiskWatch extends Disposable {
  /** Resolves when nothing is under way. */
  quiet(): Promise<void>
}

/** Turns of the event loop without a call, after which a store has nothing more to do by itself. */
const QUIET_TURNS = 20

/** Begins to watch. */
export function watchDisk(folder: string, { before, after }: DiskWatcher): DiskWatch {
  const paths = new WatchedPaths(folder)
  const underWay = new Set<DiskCall>()
  const watcher: DiskWatcher = {
    before: (call) => {
      underWay.add(call)
      return before?.(call)
    },
    after: (call, error, result) => {
      underWay.delete(call)
      after?.(call, error, result)
    },
  }
  const undo = [
    ...Object.entries(BY_CALLBACK).map(([name, describe]) => replace(CALLBACKS, name, (original) => watchedCallback(original, describe, paths, watcher))),
    ...Object.entries(BY_PROMISE).map(([name, describe]) => replace(PROMISES, name, (original) => watchedPromise(original, describe, paths, watcher))),
  ]
  syncBuiltinESMExports()
  return {
    quiet: async () => {
      for (let turns = 0; turns < QUIET_TURNS; turns += 1) {
        await turn()
        if (underWay.size > 0) turns = 0
      }
    },
    [Symbol.dispose]: () => {
      for (const restore of undo.reverse()) restore()
      syncBuiltinESMExports()
    },
  }
}

function replace(functions: Record<string, AnyFunction>, name: string, wrap: (original: AnyFunction) => AnyFunction): () => void {
  const original = functions[name]
  if (original === undefined) throw new TypeError(`Node has no function ${name}.`)
  functions[name] = wrap(original)
  return () => {
    functions[name] = original
  }
}

function watchedCallback(original: AnyFunction, describe: Describe, paths: WatchedPaths, watcher: DiskWatcher): AnyFunction {
  return (...args) => {
    const done = args.at(-1)
    const call = describe(args, (place) => paths.of(place))
    if (call === null || !isFunction(done)) return original(...args)
    const finish = (error: Error | null, ...results: unknown[]): void => {
      paths.follow(call, error, results[0])
      watcher.after?.(call, error, results[0])
      done(error, ...results)
    }
    const start = (): unknown => original(...args.slice(0, -1), finish)
    const verdict = watcher.before?.(call)
    // No store must be able to rely on being called back at once.
    if (verdict instanceof Error) setImmediate(finish, verdict)
    else if (verdict === 'skipped') setImmediate(finish, null)
    else if (verdict === undefined) start()
    else void verdict.then(start)
    return undefined
  }
}

function watchedPromise(original: AnyFunction, describe: Describe, paths: WatchedPaths, watcher: DiskWatcher): AnyFunction {
  return async (...args) => {
    const call = describe(args, (place) => paths.of(place))
    if (call === null) return original(...args)
    try {
      const verdict = watcher.before?.(call)
      if (verdict instanceof Error) throw verdict
      await verdict
      const result = verdict === 'skipped' ? undefined : await original(...args)
      paths.follow(call, null, undefined)
      watcher.after?.(call, null)
      return result
    } catch (error) {
      watcher.after?.(call, error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }
}

/** Which descriptor is which file, below one folder. */
class WatchedPaths {
  readonly #folder: string
  readonly #files = new Map<number, string>()

  constructor(folder: string) {
    this.#folder = resolve(folder)
  }

  /** The path of a name or a descriptor from the folder on; `null` outside of it. */
  of(place: unknown): string | null {
    if (typeof place === 'number') return this.#files.get(place) ?? null
    if (typeof place !== 'string') return null
    const path = relative(this.#folder, resolve(place)).replaceAll(sep, '/')
    return path === '..' || path.startsWith('../') ? null : path
  }

  /** Keeps up with what a call has done. */
  follow({ kind, path, to, file }: DiskCall, error: Error | null, result: unknown): void {
    // Whatever it says, the descriptor is gone.
    if (kind === 'close' && file !== undefined) this.#files.delete(file)
    if (error !== null) return
    if (kind === 'open' && typeof result === 'number') this.#files.set(result, path)
    if (kind !== 'rename' || to === undefined) return
    for (const [open, name] of this.#files) {
      if (name === path || name.startsWith(`${path}/`)) this.#files.set(open, to + name.slice(path.length))
    }
  }
}

const about =
  (kind: DiskCallKind): Describe =>
  ([place], pathOf) => {
    const path = pathOf(place)
    return path === null ? null : { kind, path, ...(typeof place === 'number' ? { file: place } : {}) }
  }

const moving =
  (kind: DiskCallKind): Describe =>
  ([from, target], pathOf) => {
    const [path, to] = [pathOf(from), pathOf(target)]
    return path === null || to === null ? null : { kind, path, to }
  }

const opening: Describe = ([place, flags], pathOf) => {
  const path = pathOf(place)
  return path === null ? null : { kind: 'open', path, mode: openModeOf(flags) }
}

/** `FileHandle` has calls of its own, which nobody watches. */
const openingToRead: Describe = (args, pathOf) => {
  const call = opening(args, pathOf)
  if (call?.mode?.isWriting === true) throw new TypeError(`${call.path} is opened for writing with node:fs/promises, which is not watched.`)
  return call
}

const writing: Describe = ([file, bytes, offset, length, at], pathOf) => {
  const path = pathOf(file)
  if (path === null) return null
  if (typeof file !== 'number' || !(bytes instanceof Uint8Array) || typeof offset !== 'number' || typeof length !== 'number') {
    throw new TypeError('fs.write is watched only with a buffer, an offset and a length.')
  }
  return { kind: 'write', path, file, bytes: bytes.subarray(offset, offset + length), at: typeof at === 'number' ? at : null }
}

const writingFile: Describe = ([place, data, options], pathOf) => {
  const path = pathOf(place)
  if (path === null) return null
  if (typeof data !== 'string') throw new TypeError('writeFile is watched only with a text.')
  const flag = typeof options === 'object' && options !== null && 'flag' in options ? options.flag : 'w'
  return { kind: 'write', path, bytes: new TextEncoder().encode(data), at: 0, mode: openModeOf(flag) }
}

const truncating: Describe = (args, pathOf) => {
  const call = about('truncate')(args, pathOf)
  return call === null ? null : { ...call, length: typeof args[1] === 'number' ? args[1] : 0 }
}

const BY_NAME: Readonly<Record<string, Describe>> = {
  access: about('stat'),
  link: moving('link'),
  lstat: about('stat'),
  mkdir: about('mkdir'),
  opendir: about('list'),
  readFile: about('read'),
  readdir: about('list'),
  rename: moving('rename'),
  rm: about('unlink'),
  rmdir: about('rmdir'),
  stat: about('stat'),
  truncate: truncating,
  unlink: about('unlink'),
  writeFile: writingFile,
}

const BY_PROMISE: Readonly<Record<string, Describe>> = { ...BY_NAME, open: openingToRead }

const BY_CALLBACK: Readonly<Record<string, Describe>> = {
  ...BY_NAME,
  close: about('close'),
  fdatasync: about('sync'),
  fstat: about('stat'),
  fsync: about('sync'),
  ftruncate: truncating,
  open: opening,
  read: about('read'),
  write: writing,
}
