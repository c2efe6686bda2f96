import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalFolderName } from '../../src/adapters/filesystem/session-folder-name.js'
import { FileSystemSessionStore, type FileSystemSessionStoreOptions } from '../../src/index.js'
import type { SessionStore } from '../../src/store/session-store.js'
import { declareDead } from '../support/dead-holder.js'
import type { SeededRandom } from '../support/seeded-random.js'
import type { ExpectedSession } from './expected-session.js'
import type { StorePlace } from './store-place.js'

/** What the store keeps in the folder of a session beside records. */
const OWN_FILES: readonly string[] = ['.creds.backup.json', '.names.json']
/** Records that stock finds by its own names, whatever else is there. */
const STOCK_TYPES: readonly string[] = ['pre-key', 'session', 'sender-key-memory', 'tctoken']
const STOCK_ID = /^[0-9a-z][0-9a-z.]{0,20}$/u

/** A folder of sessions. */
export class FilePlace implements StorePlace {
  readonly name: string
  readonly folds = true
  readonly unstorable = 'half of a character \ud83d'
  readonly #root: string
  readonly #prefix: string
  readonly #random: SeededRandom

  constructor(random: SeededRandom, prefix: string = random.pick(['session-', 'session-', '']), root: string = mkdtempSync(join(tmpdir(), 'random-writes-'))) {
    this.name = `files with the prefix ${JSON.stringify(prefix)}`
    this.#random = random
    this.#prefix = prefix
    this.#root = root
  }

  get #directory(): string {
    return join(this.#root, 'sessions')
  }

  async open(): Promise<SessionStore> {
    const durability = this.#random.pick<FileSystemSessionStoreOptions['durability']>(['process', 'process', 'process', undefined, 'power'])
    return new FileSystemSessionStore({ directory: this.#directory, prefix: this.#prefix, ...(durability === undefined ? {} : { durability }) })
  }

  async declareDead(sessionId: string): Promise<void> {
    const hidden = join(this.#directory, '.baileys-sessions')
    if (existsSync(join(hidden, 'locks'))) declareDead(hidden, sessionId)
  }

  copyAside(): StorePlace {
    for (;;) {
      const copy = mkdtempSync(join(tmpdir(), 'random-writes-'))
      const before = listingOf(this.#directory)
      try {
        if (existsSync(this.#directory)) cpSync(this.#directory, join(copy, 'sessions'), { recursive: true })
      } catch (error) {
        // Changed under its hands.
        if (listingOf(this.#directory) === before) throw error
      }
      if (listingOf(this.#directory) === before) {
        // Its processes are gone, and with them what they held.
        rmSync(join(copy, 'sessions', '.baileys-sessions', 'locks'), { recursive: true, force: true })
        rmSync(join(copy, 'sessions', '.baileys-sessions', 'heartbeats'), { recursive: true, force: true })
        return new FilePlace(this.#random, this.#prefix, copy)
      }
      rmSync(copy, { recursive: true })
    }
  }

  problems(sessions: ReadonlyMap<string, ExpectedSession>): string[] {
    return [...sessions].flatMap(([sessionId, expected]) => {
      const folder = join(this.#directory, canonicalFolderName(this.#prefix, sessionId))
      const names = existsSync(folder) ? readdirSync(folder) : []
      const odd = names.filter((name) => name.startsWith('.') && !OWN_FILES.includes(name)).map((name) => `${sessionId}: ${name} was left`)
      const files = names.filter((name) => !name.startsWith('.')).length
      const count = files === expected.records.length ? [] : [`${sessionId}: ${files} files of ${expected.records.length} records`]
      return [...odd, ...count, ...this.#strange(sessionId, folder, expected)]
    })
  }

  #strange(sessionId: string, folder: string, expected: ExpectedSession): string[] {
    return expected.records.flatMap(({ key: { type, id }, value }) => {
      const isStock = (type === 'creds' && id === '') || (STOCK_TYPES.includes(type) && STOCK_ID.test(id))
      if (!isStock || /^\n*$/u.test(value)) return []
      const path = join(folder, type === 'creds' ? 'creds.json' : `${type}-${id}.json`)
      return existsSync(path) && readFileSync(path, 'utf8') === value ? [] : [`${sessionId}: stock would not find ${type} ${id}`]
    })
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true })
  }
}

/** What a folder holds, so that a copy can be told from one that was made of two moments. */
function listingOf(directory: string): string {
  if (!existsSync(directory)) return ''
  for (;;) {
    try {
      return readdirSync(directory, { recursive: true, encoding: 'utf8' })
        .map((name) => {
          const { ino, size, mtimeNs } = statSync(join(directory, name), { bigint: true })
          return `${name} ${ino} ${size} ${mtimeNs}`
        })
        .sort()
        .join('\n')
    } catch {
      // Something went while it was listed.
    }
  }
}
