import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { FileSystemSessionStore } from '../../../src/adapters/filesystem/filesystem-session-store.js'
import { CREDS_KEY, type RecordChange, type WriteOptions } from '../../../src/store/session-store.js'

/** Long enough for a kill to meet it. */
const GAP_MS = 5

/** Writes the creds over what is there. */
export class InPlaceStore extends FileSystemSessionStore {
  readonly #directory: string

  constructor(directory: string) {
    super({ directory })
    this.#directory = directory
  }

  override async write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions = {}): Promise<void> {
    const creds = changes.find(({ type }) => type === CREDS_KEY.type)?.value ?? null
    if (creds === null || options.replaceAll === true) {
      await super.write(sessionId, changes, options)
      return
    }
    // Past the store, which therefore cannot help itself with a backup.
    const path = join(this.#directory, `session-${sessionId}`, 'creds.json')
    await truncate(path)
    await pause(GAP_MS)
    await writeFile(path, creds)
  }
}

/** Writes a batch record by record, without a moment at which all of it counts. */
export class OneByOneStore extends FileSystemSessionStore {
  override async write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions = {}): Promise<void> {
    // A pairing that never completes would show nothing.
    if (options.replaceAll === true) {
      await super.write(sessionId, changes, options)
      return
    }
    for (const [index, change] of changes.entries()) {
      if (index % 10 === 1) await pause(GAP_MS)
      await super.write(sessionId, [change], options)
    }
  }
}

/** Says that it has written before it has. */
export class TooEarlyStore extends FileSystemSessionStore {
  override async write(sessionId: string, changes: readonly RecordChange[], options: WriteOptions = {}): Promise<void> {
    void pause(GAP_MS).then(() => super.write(sessionId, changes, options))
  }
}
