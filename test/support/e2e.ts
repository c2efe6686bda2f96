import * as baileys from '@whiskeysockets/baileys'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import {
  CREDS_KEY,
  FileSystemSessionStore,
  SessionManager,
  type BackOff,
  type SessionManagerOptions,
  type SessionStore,
  type SocketConfig,
  type SocketConfigContext,
} from '../../src/index.js'
import { WhatsAppServer, type Attempt, type LinkedDevice, type PairingOptions, type WhatsAppServerOptions } from '../../src/testing/whatsapp-server/index.js'
import { BAILEYS_FEATURES } from './baileys-features.js'
import { EventRecord } from './event-record.js'

/** Delays that a test can wait for: 100, 200, 400 ms, and then on at 400. */
export const QUICK_BACK_OFF: BackOff = Object.freeze({ maxRetries: 3, initialDelayMs: 100, factor: 2, maxDelayMs: 400, jitter: 'none' })

/** The same for a connection that was lost; it never gives up. */
export const QUICK_RECONNECT: BackOff = Object.freeze({ ...QUICK_BACK_OFF, maxRetries: Infinity })

/** What a manager of a world is made with. By default it has a file system store of its own on the world's directory. */
export type WorldManagerOptions = Partial<SessionManagerOptions>

/**
 * A loopback WhatsApp server and a directory of sessions. Managers made here use real Baileys and dial the server with the session's
 * id as the label of the attempt. Use it as `await using world = await openWorld()`, or call `cleanup()`.
 */
export class World implements AsyncDisposable {
  readonly server: WhatsAppServer
  readonly directory: string
  readonly #distrust: () => void
  readonly #managers: SessionManager[] = []
  readonly #stores: SessionStore[] = []
  readonly #records = new Map<SessionManager, EventRecord>()
  #phones = 491_700_000_000
  #cleaning: Promise<void> | null = null

  constructor(server: WhatsAppServer, directory: string) {
    this.server = server
    this.directory = directory
    this.#distrust = server.trust(baileys)
  }

  /** A new manager, as a process that was just started would make it. */
  makeManager({ socketConfig = {}, store = this.makeStore(), ...options }: WorldManagerOptions = {}): SessionManager {
    const manager = new SessionManager({
      retry: QUICK_BACK_OFF,
      reconnect: QUICK_RECONNECT,
      store,
      ...options,
      socketConfig: async (sessionId, context) => ({
        waWebSocketUrl: `${this.server.url}?client=${encodeURIComponent(sessionId)}`,
        ...(await wishesOf(socketConfig, sessionId, context)),
      }),
    })
    this.#managers.push(manager)
    this.#records.set(manager, new EventRecord(manager))
    return manager
  }

  /** A new file system store on the directory. */
  makeStore(): FileSystemSessionStore {
    const store = new FileSystemSessionStore({ directory: this.directory })
    this.#stores.push(store)
    return store
  }

  /** What a manager has told since it was made. */
  eventsOf(manager: SessionManager): EventRecord {
    const record = this.#records.get(manager)
    if (record === undefined) throw new Error('This manager was not made in this world.')
    return record
  }

  /** The number of a phone that nobody has used. */
  newPhone(): string {
    return String(++this.#phones)
  }

  /** Stores a session that is linked already, without a connection: as quick as writing a file. */
  async link(sessionId: string, store: SessionStore = this.makeStore()): Promise<LinkedDevice> {
    const creds = baileys.initAuthCreds()
    const device = this.server.linkDirect(creds, { phone: this.newPhone() })
    await store.write(sessionId, [{ ...CREDS_KEY, value: JSON.stringify(creds, baileys.BufferJSON.replacer) }])
    return device
  }

  /** Pairs a session by QR and waits until it is connected. */
  async pair(manager: SessionManager, sessionId: string, options: Partial<PairingOptions> = {}): Promise<LinkedDevice> {
    await manager.connect(sessionId)
    const device = await this.scan(manager, sessionId, options)
    await manager.waitUntilConnected(sessionId)
    return device
  }

  /** A phone that nobody has used scans the QR code that a session shows by then. */
  async scan(manager: SessionManager, sessionId: string, options: Partial<PairingOptions> = {}): Promise<LinkedDevice> {
    const events = this.eventsOf(manager)
    return this.server.scanQr(() => events.of('qr', sessionId).at(-1)?.qr, { phone: this.newPhone(), ...options })
  }

  /** Stores a linked session, and restores it: its device, once it is connected and what it stores at its login is stored. */
  async linkAndRestore(manager: SessionManager, sessionId: string): Promise<LinkedDevice> {
    const device = await this.link(sessionId)
    expect(await manager.restoreSession(sessionId)).toMatchObject({ outcome: 'restored' })
    // The last thing that a Baileys which knows LIDs stores after a first login.
    if (await BAILEYS_FEATURES.mapsLids.detect()) {
      await vi.waitFor(async () => {
        expect(await this.filesOf(sessionId)).toHaveProperty([`device-list-${device.phone}.json`])
      }, 10_000)
    }
    await this.untilQuiet(sessionId)
    return device
  }

  /** Every connection that a session has made to the server so far, oldest first. */
  dials(sessionId: string): Attempt[] {
    return this.server.attempts().filter(({ label }) => label === sessionId)
  }

  /** The milliseconds between the dials of a session. */
  gaps(sessionId: string): number[] {
    const starts = this.dials(sessionId).map(({ acceptedAt }) => acceptedAt)
    return starts.slice(1).map((start, index) => start - (starts[index] ?? 0))
  }

  /** A hash of each file of a session in the directory, by name; the lifecycle record, which is the library's own, is left out. */
  async filesOf(sessionId: string): Promise<Record<string, string>> {
    const folder = this.folderOf(sessionId)
    const names = await readdir(folder).catch(() => [])
    const wanted = names.filter((name) => /^[^.].*\.json$/u.test(name) && name !== 'lifecycle.json').sort()
    const hashes = await Promise.all(
      wanted.map(async (name) => {
        // A pre-key may be gone by now.
        const bytes = await readFile(join(folder, name)).catch(() => '')
        return [name, createHash('sha256').update(bytes).digest('hex')] as const
      }),
    )
    return Object.fromEntries(hashes)
  }

  /** The folder of a session in the directory. */
  folderOf(sessionId: string): string {
    return join(this.directory, `session-${sessionId}`)
  }

  /** What names the device of a session for good, from its stored credentials; a login changes other parts of them. */
  async identityOf(sessionId: string): Promise<unknown> {
    const creds: unknown = JSON.parse(await readFile(join(this.folderOf(sessionId), 'creds.json'), 'utf8'))
    const { me, ...parts } = creds as { me?: { id: string } } & Partial<Record<string, unknown>>
    return [me?.id, ...['noiseKey', 'signedIdentityKey', 'signedPreKey', 'registrationId', 'advSecretKey', 'account'].map((name) => parts[name])]
  }

  /** Resolves when the files of a session have not changed for a while. */
  async untilQuiet(sessionId: string, quietMs = 150): Promise<Record<string, string>> {
    for (let before = await this.filesOf(sessionId); ;) {
      await pause(quietMs)
      const files = await this.filesOf(sessionId)
      if (JSON.stringify(files) === JSON.stringify(before) && !(await this.#hasJournal(sessionId))) return files
      before = files
    }
  }

  /** Whether something is still to be brought into the files. */
  async #hasJournal(sessionId: string): Promise<boolean> {
    const folder = this.folderOf(sessionId)
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('.lease-'))
    const sizes = await Promise.all(
      names.map((name) =>
        readFile(join(folder, name, 'journal')).then(
          (bytes) => bytes.length,
          () => 0,
        ),
      ),
    )
    return sizes.some((size) => size > 0)
  }

  /** Closes managers, stores and the server, and removes the directory. Fails when the server met a problem, or kept a connection. */
  async cleanup(): Promise<void> {
    this.#cleaning ??= this.#cleanup()
    await this.#cleaning
  }

  /** As {@link cleanup}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.cleanup()
  }

  async #cleanup(): Promise<void> {
    try {
      await Promise.all(this.#managers.map(async (manager) => manager.close()))
      await Promise.all(this.#stores.map(async (store) => store.close()))
      await this.server.waitFor(() => this.server.openConnections === 0)
      expect(this.server.errors).toEqual([])
    } finally {
      await this.server.close()
      this.#distrust()
      await rm(this.directory, { recursive: true, force: true })
    }
  }
}

/** Makes a world: a server of its own and an empty directory. */
export async function openWorld(options: WhatsAppServerOptions = {}): Promise<World> {
  const [server, directory] = await Promise.all([WhatsAppServer.start(options), mkdtemp(join(tmpdir(), 'baileys-sessions-e2e-'))])
  return new World(server, directory)
}

/** What WhatsApp knows a QR code by: it stays the same when only the secret is made anew. */
export function referenceOf(qr: string): string {
  return qr.slice(qr.indexOf('#') + 1).split(',')[0] ?? ''
}

/** Waits. */
export async function pause(durationMs: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, durationMs)
  })
}

async function wishesOf(wishes: NonNullable<SessionManagerOptions['socketConfig']>, sessionId: string, context: SocketConfigContext): Promise<SocketConfig> {
  return typeof wishes === 'function' ? wishes(sessionId, context) : wishes
}
