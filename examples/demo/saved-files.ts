import { readdirSync, readFileSync, statSync, watch, type FSWatcher } from 'node:fs'
import { join } from 'node:path'
import type { AuthenticationCreds } from '@whiskeysockets/baileys'

const CREDS = 'creds.json'

/** The saved sessions, as they are on the disk. */
export class SavedFiles {
  readonly #directory: string
  readonly #sessionIds: readonly string[]

  constructor(directory: string, sessionIds: readonly string[]) {
    this.#directory = directory
    this.#sessionIds = sessionIds
  }

  /**
   * Resolves at the moment when something happens to the creds, or to a file that is still being written, after
   * `passing` such moments; at the latest after `patienceMs`.
   */
  async momentOfSaving(passing: number, patienceMs: number): Promise<void> {
    const watchers: FSWatcher[] = []
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs)
      let left = passing
      const notice = (_event: string, name: string | null): void => {
        const isSave = name === null || name === CREDS || isTemporary(name)
        if (!isSave || left-- > 0) return
        clearTimeout(timer)
        resolve()
      }
      // If files cannot be watched, the timer picks the moment: there is traffic then, too.
      for (const folder of this.#folders()) watchers.push(...watchFolder(folder, notice))
    })
    for (const watcher of watchers) watcher.close()
  }

  /** The files of writes that started but did not finish. */
  unfinished(): string[] {
    return this.#folders().flatMap((folder) =>
      readdirSync(folder)
        .map((name) => join(folder, name))
        .filter((path) => isTemporary(path) || statSync(path, { throwIfNoEntry: false })?.size === 0),
    )
  }

  /** The sessions whose creds can no longer be read. */
  withoutCreds(): string[] {
    return this.#sessionIds.filter((sessionId) => this.#creds(sessionId) === null)
  }

  /** Whether the first synchronization of every session is over, and saved as such: until then, Baileys holds messages back. */
  areSynchronized(): boolean {
    return this.#sessionIds.every((sessionId) => (this.#creds(sessionId)?.accountSyncCounter ?? 0) > 0)
  }

  #creds(sessionId: string): Partial<AuthenticationCreds> | null {
    try {
      // Baileys saved this; the demo reads only a number from it.
      return JSON.parse(readFileSync(join(this.#folder(sessionId), CREDS), 'utf8')) as Partial<AuthenticationCreds>
    } catch {
      return null
    }
  }

  #folders(): string[] {
    return this.#sessionIds.map((sessionId) => this.#folder(sessionId))
  }

  #folder(sessionId: string): string {
    return join(this.#directory, `session-${sessionId}`)
  }
}

function watchFolder(folder: string, notice: (event: string, name: string | null) => void): FSWatcher[] {
  try {
    return [watch(folder, notice).on('error', () => undefined)]
  } catch {
    return []
  }
}

function isTemporary(name: string): boolean {
  return name.endsWith('.tmp')
}
