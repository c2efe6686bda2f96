import makeWASocket, {
  BufferJSON,
  initAuthCreds,
  type AuthenticationState,
  type ConnectionState,
  type SignalDataTypeMap,
  type UserFacingSocketConfig,
  type WASocket,
} from '@whiskeysockets/baileys'
import type { Logger } from '../../src/logger.js'

const PATIENCE_MS = 20_000

/** What is stored of a device: survives the clients that use it, like files would. */
export interface Device {
  state: AuthenticationState
  /** Loses its Signal sessions, as a disk might. */
  loseSessions(): void
}

/** How a connection ended. */
export interface Ending {
  code: number | undefined
  message: string
}

/** A device that was never linked, with credentials in memory. */
export function newDevice(): Device {
  const records = new Map<string, string>()
  const read = <Type extends keyof SignalDataTypeMap>(type: Type, id: string): SignalDataTypeMap[Type] | undefined => {
    const text = records.get(`${type}/${id}`)
    // What is read is what was written under this type.
    return text === undefined ? undefined : (JSON.parse(text, BufferJSON.reviver) as SignalDataTypeMap[Type])
  }
  return {
    loseSessions: () => {
      for (const name of records.keys()) if (name.startsWith('session/')) records.delete(name)
    },
    state: {
      creds: initAuthCreds(),
      keys: {
        get: async (type, ids) => {
          const found = ids.flatMap((id) => {
            const value = read(type, id)
            return value === undefined ? [] : [[id, value] as const]
          })
          return Object.fromEntries(found)
        },
        set: async (data) => {
          for (const [type, changes] of Object.entries(data)) {
            for (const [id, value] of Object.entries(changes)) {
              if (value === null) records.delete(`${type}/${id}`)
              else records.set(`${type}/${id}`, JSON.stringify(value, BufferJSON.replacer))
            }
          }
        },
      },
    },
  }
}

/** A real Baileys socket that remembers what it reported. */
export class BaileysClient {
  readonly socket: WASocket
  readonly updates: Partial<ConnectionState>[] = []
  /** What it logged as an error. */
  readonly errors: string[] = []
  readonly texts: string[] = []
  ending: Ending | null = null
  readonly #waiting = new Set<() => void>()

  constructor(url: string, device: Device, config: Partial<UserFacingSocketConfig> = {}) {
    this.socket = makeWASocket({ waWebSocketUrl: url, auth: device.state, logger: this.#logger(), ...config })
    this.socket.ev.on('creds.update', (changes) => {
      Object.assign(device.state.creds, changes)
      this.wake()
    })
    this.socket.ev.on('connection.update', (update) => {
      this.#note(update)
    })
    this.socket.ev.on('messages.upsert', ({ messages }) => {
      for (const { message } of messages) {
        const text = message?.conversation ?? message?.extendedTextMessage?.text
        if (text) this.texts.push(text)
      }
      this.wake()
    })
  }

  /** Waits for something that this client reports. */
  async until<Value>(find: () => Value | null | undefined, what: string, patienceMs: number = PATIENCE_MS): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      const look = (): void => {
        const found = find()
        if (found === null || found === undefined) return
        stop()
        resolve(found)
      }
      const stop = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(look)
      }
      const timer = setTimeout(() => {
        stop()
        reject(new Error(`No ${what} within ${patienceMs} ms; the connection ended with ${JSON.stringify(this.ending)}`))
      }, patienceMs)
      this.#waiting.add(look)
      look()
    })
  }

  async opened(): Promise<this> {
    await this.until(() => this.updates.find(({ connection }) => connection === 'open'), 'open')
    return this
  }

  async qr(): Promise<string> {
    return this.until(() => this.updates.find(({ qr }) => qr !== undefined)?.qr, 'QR')
  }

  async closed(patienceMs: number = PATIENCE_MS): Promise<Ending> {
    return this.until(() => this.ending, 'close', patienceMs)
  }

  async text(text: string): Promise<void> {
    await this.until(() => (this.texts.includes(text) ? true : null), `text '${text}'`)
  }

  /** Ends the socket without logging out. */
  async end(): Promise<void> {
    if (this.ending !== null) return
    const closed = this.closed(40_000)
    void this.socket.end(undefined)
    // Baileys 6.7.18 leaves nobody to hear that a websocket is closed before it was open.
    this.socket.ws.on('error', () => undefined)
    await closed
  }

  /** Something has changed that somebody may be waiting for. */
  protected wake(): void {
    for (const look of [...this.#waiting]) look()
  }

  #note(update: Partial<ConnectionState>): void {
    this.updates.push(update)
    if (update.connection === 'close') {
      const error = update.lastDisconnect?.error
      this.ending = { code: statusCodeOf(error), message: error?.message ?? '' }
    }
    this.wake()
  }

  #logger(): Logger {
    const ignore = (): void => undefined
    const note = (details: unknown, message?: string): void => {
      this.errors.push(message ?? String(details))
    }
    const logger: Logger = { level: 'error', child: () => logger, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: note }
    return logger
  }
}

function statusCodeOf(error: Error | undefined): number | undefined {
  if (error === undefined || !('output' in error)) return undefined
  const { output } = error
  return typeof output === 'object' && output !== null && 'statusCode' in output && typeof output.statusCode === 'number' ? output.statusCode : undefined
}
