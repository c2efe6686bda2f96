import { constants } from 'node:fs'
import { rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Holder } from '../../lease/holder.js'
import { discard, makeFolder, namesIn } from './disk.js'
import { holderText, inodeOf } from './holder-text.js'
import { readWithTime } from './token-files.js'

/** Files of processes that died are kept this long. */
const KEEP_DEAD_MS = 24 * 60 * 60 * 1000
/** A heartbeat is written over, and never cut: the files of the tokens are links to it, and must be whole for whoever looks at them. */
const OVERWRITE = constants.O_WRONLY | constants.O_CREAT

/** The heartbeats of the processes that share a disk: a file for each, which says who it is. */
export class HeartbeatFiles {
  /** Where they are. */
  readonly folder: string
  readonly #guarded: string
  /** The first beat, as long as its file is there. */
  #first: Promise<void> | undefined

  /** Takes the folder that the locks guard, and the one of the heartbeats. Touches nothing yet. */
  constructor(guarded: string, folder: string) {
    this.#guarded = guarded
    this.folder = folder
  }

  /** Resolves with the file of a holder's heartbeat when there is a beat to be seen. */
  async start(holder: Holder): Promise<string> {
    this.#first ??= this.#beatFirst(holder).catch((error: unknown) => {
      this.#first = undefined
      throw error
    })
    await this.#first
    return this.#pathOf(holder.nonce)
  }

  /** Shows that a holder lives. */
  async beat(holder: Holder): Promise<void> {
    const text = holderText(holder, 'folder', await inodeOf(this.#guarded))
    await writeFile(this.#pathOf(holder.nonce), text, { flag: OVERWRITE, mode: 0o600 })
  }

  /** Removes the heartbeat of a holder; a failure here costs only its room. */
  async stop(nonce: string): Promise<void> {
    this.#first = undefined
    await discard(this.#pathOf(nonce))
  }

  /** When a holder beat last; 0 when there is no beat to be seen. */
  async last(nonce: string): Promise<number> {
    return (await readWithTime(this.#pathOf(nonce)))?.writtenAt ?? 0
  }

  async #beatFirst(holder: Holder): Promise<void> {
    await makeFolder(this.folder)
    await this.beat(holder)
    await removeLongDead(this.folder)
  }

  #pathOf(nonce: string): string {
    return join(this.folder, nameOf(nonce))
  }
}

/** The name of a holder's file. The nonce came from a file, so it is held to what this library makes. */
export function nameOf(nonce: string): string {
  return nonce.replace(/[^0-9a-f]/g, '')
}

/** Removes the files in a folder that nobody has written to for long, but for some. */
export async function removeLongDead(folder: string, isKept: (name: string) => boolean = () => false): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (isKept(name)) continue
    const path = join(folder, name)
    const found = await stat(path).catch(() => null)
    if (found !== null && found.mtimeMs < Date.now() - KEEP_DEAD_MS) await rm(path, { force: true })
  }
}
