import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { BufferJSON, initAuthCreds, proto } from '@whiskeysockets/baileys'
import { WhatsAppServer } from '../../src/testing/index.js'

const BETWEEN_MESSAGES_MS = 20

interface Line {
  /** The phone that the session is linked to. */
  phone: string
  /** The phone of a customer who writes to it. */
  customer: string
  deviceKey: string
  shownQr: string
}

/** A WhatsApp on loopback, the sessions' phones, and their customers' phones. */
export class Phones {
  readonly #server: WhatsAppServer
  readonly #lines = new Map<string, Line>()

  private constructor(server: WhatsAppServer) {
    this.#server = server
  }

  /** Starts the server. `classic`: for a client that does not know how WhatsApp links today. */
  static async start(registration: 'current' | 'classic'): Promise<Phones> {
    return new Phones(await WhatsAppServer.start({ registration }))
  }

  /** Its address for applications, and its signing key. */
  get whatsApp(): { url: string; rootPublicKey: string } {
    return { url: this.#server.url, rootPublicKey: Buffer.from(this.#server.rootPublicKey).toString('hex') }
  }

  /** A session shows a QR code. Its phone scans it, or the one that replaces it meanwhile. */
  async show(sessionId: string, qr: string): Promise<void> {
    const known = this.#lines.get(sessionId)
    if (known !== undefined) {
      known.shownQr = qr
      return
    }
    const line = { ...this.#numbersOfNext(), deviceKey: '', shownQr: qr }
    this.#lines.set(sessionId, line)
    line.deviceKey = (await this.#server.scanQr(() => line.shownQr, { phone: line.phone })).deviceKey
  }

  /** Links a phone to a session without a QR code. Returns the creds that the session has after that, as they are stored. */
  link(sessionId: string): string {
    const creds = initAuthCreds()
    const { phone, customer } = this.#numbersOfNext()
    const { deviceKey } = this.#server.linkDirect(creds, { phone })
    this.#lines.set(sessionId, { phone, customer, deviceKey, shownQr: '' })
    return JSON.stringify(creds, BufferJSON.replacer)
  }

  /** Everybody writes without a pause. Returns a function that stops it. */
  chatter(): () => Promise<void> {
    const stop = new AbortController()
    const talks = [...this.#lines.values()].map(async (line) => {
      while (!stop.signal.aborted) {
        await this.#server.phoneText(line.customer, line.deviceKey, 'Hello again')
        // Messages change the saved keys; a key shared by the session's own phone also changes the saved creds.
        await this.#server.phoneMessage(line.phone, line.deviceKey, newAppStateKey())
        await delay(BETWEEN_MESSAGES_MS)
      }
    })
    const over = Promise.all(talks)
    // Whoever stops it gets the failure.
    over.catch(() => undefined)
    return async () => {
      stop.abort()
      await over
    }
  }

  /** Sends one message to each session, which waits on the server while nobody is connected. */
  async textEach(text: string): Promise<void> {
    for (const { customer, deviceKey } of this.#lines.values()) await this.#server.phoneText(customer, deviceKey, text)
  }

  /** Stops the server. */
  async close(): Promise<void> {
    await this.#server.close()
  }

  #numbersOfNext(): Pick<Line, 'phone' | 'customer'> {
    const number = 491_700_000_001 + this.#lines.size
    return { phone: String(number), customer: String(number + 100) }
  }
}

function newAppStateKey(): object {
  const key = {
    keyId: { keyId: randomBytes(6) },
    keyData: { keyData: randomBytes(32), fingerprint: { rawId: 1, currentIndex: 0, deviceIndexes: [0] }, timestamp: Date.now() },
  }
  return { protocolMessage: { type: proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE, appStateSyncKeyShare: { keys: [key] } } }
}
