import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { AuthenticationCreds } from '@whiskeysockets/baileys'

const CREDS = 'creds.json'
const LOOK_MS = 5

/** The saved sessions, as they are on the disk. */
export class SavedFiles {
  readonly #directory: string
  readonly #sessionIds: readonly string[]

  constructor(directory: string, sessionIds: readonly string[]) {
    this.#directory = directory
    this.#sessionIds = sessionIds
  }

  /** Resolves at a moment when something was saved that is not in the files yet, after `passing` looks that found some; at the latest after `patienceMs`. */
  async momentOfSaving(passing: number, patienceMs: number): Promise<void> {
    const end = Date.now() + patienceMs
    for (let left = passing; Date.now() < end && left >= 0;) {
      if (this.unfinished().length > 0) left -= 1
      if (left >= 0) await delay(LOOK_MS)
    }
  }

  /** The journals whose writes are not in the files yet. */
  unfinished(): string[] {
    return this.#folders().flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.startsWith('.lease-'))
        .map((name) => join(folder, name, 'journal'))
        .filter((path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0),
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
