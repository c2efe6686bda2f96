import { join } from 'node:path'
import { Readable } from 'node:stream'
import * as baileys from '@whiskeysockets/baileys'
import { onTestFinished } from 'vitest'
import type { CommandEnvironment } from '../../src/cli/command-environment.js'
import { linkAt } from '../../src/cli/link-command.js'
import { ENGLISH, type LinkWords } from '../../src/cli/link/link-words.js'
import type { PairingNetwork } from '../../src/cli/link/simulated-network.js'
import { parseStoreName } from '../../src/cli/stores/parse-store-name.js'
import type { OpenedStore } from '../../src/cli/stores/store-name.js'
import { Printer } from '../../src/cli/printer.js'
import { SessionManager, type SessionStore, type SocketConfig } from '../../src/index.js'
import { WhatsAppServer, type WhatsAppServerOptions } from '../../src/testing/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import type { Outcome } from './command-line.js'

const PLACE = { variables: {}, directory: '/' }

/** How a phone is linked. */
export interface LinkTrial {
  sessionId?: string
  /** Asks for a pairing code instead of a QR. */
  phoneNumber?: string
  signal?: AbortSignal
  socketConfig?: SocketConfig
  words?: LinkWords
  isTerminal?: boolean
  /** What a person does with a QR, once it is shown. */
  onQr?: (qr: string) => void
  onCode?: (code: string) => void
}

/** A loopback WhatsApp with a store, and the command `link` between them. All of it goes when the test ends. */
export class LinkWorld {
  readonly server: WhatsAppServer
  readonly store: SessionStore
  /** How the store is named. */
  readonly name: string
  readonly #opened: OpenedStore

  private constructor(server: WhatsAppServer, name: string, opened: OpenedStore) {
    this.server = server
    this.name = name
    this.#opened = opened
    this.store = opened.store
  }

  /** Starts a server, and makes a store of a kind. */
  static async open(kind: 'fs' | 'sqlite' = 'fs', options: WhatsAppServerOptions = {}): Promise<LinkWorld> {
    const name = `${kind}:${join(temporaryFolder(), kind === 'fs' ? 'sessions' : 'sessions.db')}`
    const server = await WhatsAppServer.start(options)
    const distrust = server.trust(baileys)
    const opened = await parseStoreName(name, PLACE).open('fill')
    onTestFinished(async () => {
      await opened.close()
      await server.close()
      distrust()
    })
    return new LinkWorld(server, name, opened)
  }

  /** Links a phone as the command does. */
  async link(trial: LinkTrial = {}): Promise<Outcome> {
    const { sessionId = 'acme', phoneNumber = null, signal = new AbortController().signal, onQr = () => undefined, onCode = () => undefined } = trial
    const network: PairingNetwork = {
      socketConfig: { ...this.server.socketConfig, ...trial.socketConfig },
      onQr,
      onCode,
      close: () => Promise.resolve(),
    }
    const { store } = this.#opened
    const place = { name: parseStoreName(this.name, PLACE), sessionId, isSimulated: false, view: { raw: store, open: store, currentKeyId: null } }
    const { environment, written } = recordingEnvironment(trial.isTerminal ?? false)
    const code = await linkAt(network, place, { phoneNumber, signal, words: trial.words ?? ENGLISH }, new Printer(environment))
    return { code, ...written }
  }

  /** An application on the same store. It is closed when the test ends. */
  application(): SessionManager {
    const manager = new SessionManager({ store: this.store, socketConfig: this.server.socketConfig, reconnect: { initialDelayMs: 50 } })
    onTestFinished(async () => {
      await manager.close()
    })
    return manager
  }

  /** The records of a session, by type. */
  async recordsOf(sessionId = 'acme'): Promise<Map<string, string[]>> {
    const records = new Map<string, string[]>()
    for await (const { type, id } of this.store.records(sessionId)) records.set(type, [...(records.get(type) ?? []), id])
    return records
  }

  /** The ids of all sessions. */
  async sessionIds(): Promise<string[]> {
    const ids: string[] = []
    for await (const sessionId of this.store.list()) ids.push(sessionId)
    return ids
  }
}

function recordingEnvironment(isTTY: boolean): { environment: CommandEnvironment; written: { output: string; errors: string } } {
  const written = { output: '', errors: '' }
  const stream = (name: keyof typeof written): CommandEnvironment['stdout'] => ({
    isTTY,
    columns: 100,
    rows: 60,
    write: (text) => {
      written[name] += text
    },
  })
  const environment: CommandEnvironment = {
    stdout: stream('output'),
    stderr: stream('errors'),
    stdin: Readable.from([]),
    variables: {},
    directory: '/',
    signal: new AbortController().signal,
  }
  return { environment, written }
}
