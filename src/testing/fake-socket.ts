import { randomBytes } from 'node:crypto'
import type {
  AnyMessageContent,
  AuthenticationCreds,
  BaileysEventMap,
  BinaryNode,
  SignalDataSet,
  UserFacingSocketConfig,
  WAMessage,
  WASocket,
} from '@whiskeysockets/baileys'
import { closeError, FakeBoom, type FakeCloseReason } from './fake-boom.js'
import { type FakeDevice, fakeKeyPair, pairingUpdate } from './fake-creds.js'
import { FakeSocketEvents } from './fake-events.js'
import { fakeQr, pairingHello } from './fake-linking.js'
import { withFakeTransactions } from './fake-key-transactions.js'
import { type FakeMessageContent, type FakeMessageOptions, incomingMessage } from './fake-message.js'
import type { FakeAuthState, FakeOpenOptions, FakeSentMessage, FakeSocketOptions } from './fake-socket-options.js'
import { type FakeEnding, FakeWebSocket } from './fake-web-socket.js'
import { TakeQueue } from './take-queue.js'

type ConnectionUpdate = { [K in keyof BaileysEventMap['connection.update']]: BaileysEventMap['connection.update'][K] | undefined }

/**
 * A socket that your test controls: it has the members of a Baileys socket that a session and a simple bot use, and methods that
 * make it behave as if WhatsApp had sent something. Single use, like the real one: once it has ended, it emits nothing and its
 * methods do nothing.
 */
export class FakeSocket {
  /** As on every Baileys socket. */
  readonly type = 'md'
  /** What `makeWASocket` was called with. */
  readonly config: UserFacingSocketConfig
  /** Baileys' events. */
  readonly ev: FakeSocketEvents = new FakeSocketEvents()
  /** The websocket client, with the raw socket as `ws.socket`. */
  readonly ws: FakeWebSocket = new FakeWebSocket()
  /** Creds and keys. */
  readonly authState: FakeAuthState
  /** What `logout()`, and a query that removes the device, fail with. */
  logoutError: Error | undefined
  /** Answers a query, and the request for a pairing code; reject to fail a query. */
  answer: (node: BinaryNode) => Promise<BinaryNode | undefined>
  /** Every stanza that was sent, oldest first: those of `query`, of `sendNode` and of the socket itself. */
  readonly sentNodes: BinaryNode[] = []
  /** Every message that was sent, oldest first. */
  readonly sentMessages: FakeSentMessage[] = []
  /** How often the code under test called `end`. */
  endCalls = 0
  /** How often the code under test called `logout`. */
  logoutCalls = 0
  readonly #sent = new TakeQueue<FakeSentMessage>()
  #ended = false
  #destroyed = false
  #tags = 1
  #qrSecret?: string
  readonly #mergeCreds = (update: Partial<AuthenticationCreds>): void => void Object.assign(this.authState.creds, update)

  /** A socket that is connecting; it says so on the next tick. */
  constructor(config: UserFacingSocketConfig, options: FakeSocketOptions = {}) {
    this.config = config
    this.authState = { creds: config.auth.creds, keys: withFakeTransactions(config.auth.keys, config.transactionOpts) }
    this.logoutError = options.logoutError
    this.answer = options.answer ?? ((node) => Promise.resolve({ tag: 'iq', attrs: { id: node.attrs['id'] ?? '', type: 'result' } }))
    this.ending = options.ending ?? 'prompt'
    this.#listen()
  }

  /** How it ends. */
  get ending(): FakeEnding {
    return this.ws.socket?.ending ?? 'prompt'
  }

  /** Changes how it ends. */
  set ending(ending: FakeEnding) {
    if (this.ws.socket !== null) this.ws.socket.ending = ending
  }

  /** The account, once the creds know it. */
  get user(): AuthenticationCreds['me'] {
    return this.authState.creds.me
  }

  /** The digits of the account's number, once the creds know it. */
  get phoneNumber(): string | undefined {
    return this.user?.id.split(/[:@]/u, 1)[0]
  }

  /** Whether `end` has begun, whoever began it. */
  get isEnded(): boolean {
    return this.#ended
  }

  /** Whether the close was emitted and every listener dropped. */
  get isDestroyed(): boolean {
    return this.#destroyed
  }

  // What a Baileys socket offers.
  /** Ends the socket: waits for the websocket, emits the close once, and drops all listeners. */
  end(error: Error | undefined): Promise<void> {
    this.endCalls += 1
    return this.#end(error)
  }

  /** Asks for the device to be removed, then ends with 401 "Intentional Logout". */
  async logout(message = 'Intentional Logout'): Promise<void> {
    this.logoutCalls += 1
    if (this.user !== undefined) await this.sendNode(removeDeviceNode(this.user.id))
    void this.#end(new FakeBoom(message, { statusCode: 401 }))
  }

  /** Makes the creds half paired, and resolves with the code to enter at the phone. Needs an open websocket. */
  async requestPairingCode(phoneNumber: string, customPairingCode?: string): Promise<string> {
    const pairingCode = customPairingCode ?? randomBytes(4).toString('hex').toUpperCase()
    if (pairingCode.length !== 8) throw new Error('Custom pairing code must be exactly 8 chars')
    const { creds } = this.authState
    creds.pairingCode = pairingCode
    creds.me = { id: `${phoneNumber}@s.whatsapp.net`, name: '~' }
    this.ev.emit('creds.update', creds)
    const hello = pairingHello(this.generateMessageTag())
    await this.sendNode(hello)
    // The real one does not wait for the answer either, and returns what the creds hold by then.
    void this.answer(hello).then(
      (answer) => answer !== undefined && this.receiveNode(answer),
      () => undefined,
    )
    return creds.pairingCode
  }

  /** The id of the next stanza. */
  generateMessageTag(): string {
    return `1.2-${this.#tags++}`
  }

  /** Sends a stanza and resolves with what {@link FakeSocket.answer} says. */
  async query(node: BinaryNode): Promise<BinaryNode | undefined> {
    await this.sendNode(node)
    return this.answer(node)
  }

  /** Sends a stanza. Rejects with 428 unless the websocket is open. */
  sendNode(node: BinaryNode): Promise<void> {
    if (!this.ws.isOpen) return Promise.reject(connectionClosed())
    this.sentNodes.push(node)
    return removesDevice(node) && this.logoutError !== undefined ? Promise.reject(this.logoutError) : Promise.resolve()
  }

  /** Sends a message. Rejects with 428 unless the websocket is open. */
  sendMessage(jid: string, content: AnyMessageContent): Promise<WAMessage> {
    if (!this.ws.isOpen) return Promise.reject(connectionClosed())
    const message = { jid, content, id: `FAKE${this.sentMessages.length}` }
    this.sentMessages.push(message)
    this.#sent.put(message)
    this.#hear({ tag: 'ack', attrs: { id: message.id, class: 'message', from: jid } })
    return Promise.resolve({ key: { remoteJid: jid, fromMe: true, id: message.id } })
  }

  // What a test makes happen.
  /** The server accepts the websocket; `qr`, `pairSuccess` and `open` do it by themselves. */
  accept(): void {
    if (!this.#ended) this.ws.accept()
  }

  /** Does what WhatsApp normally does: lets a linked device in, and sends a QR code to any other. */
  welcome(): void {
    if (this.authState.creds.account === undefined) this.qr()
    else this.open()
  }

  /** The server sends what a QR code is made of. By default it is one of Baileys' form, with the adv secret that the creds had at the first one. */
  qr(text: string = fakeQr(this.authState.creds, (this.#qrSecret ??= this.authState.creds.advSecretKey))): void {
    this.accept()
    this.#update({ qr: text })
  }

  /** The server sends a stanza: told under the names that Baileys tells it under. Returns whether anybody listened. */
  receiveNode(node: BinaryNode): boolean {
    if (this.#ended) return false
    this.accept()
    return this.ws.receiveNode(node)
  }

  /** The QR codes are used up: closes with 408. */
  expireQr(): Promise<void> {
    return this.close({ code: 408, message: 'QR refs attempts ended' })
  }

  /** The phone scanned the QR code, or accepted the pairing code. Your test must send the restart that follows (`close(515)`). */
  pairSuccess(device: FakeDevice = {}): void {
    if (this.#ended) return
    this.accept()
    const { creds } = this.authState
    if (creds.pairingCode !== undefined) {
      creds.registered = true
      this.ev.emit('creds.update', creds)
    }
    const phone = device.phone ?? this.phoneNumber
    this.ev.emit('creds.update', pairingUpdate(phone === undefined ? device : { ...device, phone }))
    this.#update({ isNewLogin: true, qr: undefined })
  }

  /**
   * The login succeeded. Unless `offline` is `'pending'`, what was queued on the server has arrived as well: buffered
   * events are delivered; else call {@link FakeSocket.offlineDone} later.
   */
  open(options: FakeOpenOptions = {}): void {
    if (this.#ended) return
    const { me } = this.authState.creds
    if (me === undefined) throw new Error('FakeSocket.open() needs paired creds. Call pairSuccess() first, or seed the store with pairedCreds().')
    this.accept()
    this.#hear({ tag: 'success', attrs: {} })
    this.ev.emit('creds.update', { me: { ...me, lid: me.lid ?? `1${this.phoneNumber ?? ''}:1@lid` } })
    this.#update({ connection: 'open' })
    if (options.offline !== 'pending') this.offlineDone()
  }

  /** Everything that was queued on the server has arrived: buffered events are delivered. */
  offlineDone(): void {
    if (this.#ended) return
    this.ev.flush()
    this.#update({ receivedPendingNotifications: true })
  }

  /** A message arrives: listeners of `messages.upsert` get it now, or once buffered events are delivered. Returns it. */
  receive(content: FakeMessageContent, options: FakeMessageOptions = {}): WAMessage {
    const message = incomingMessage(content, options)
    const { id, remoteJid } = message.key
    this.#hear({ tag: 'message', attrs: { id: id ?? '', from: remoteJid ?? '', type: 'text' } })
    this.ev.emit('messages.upsert', { messages: [message], type: options.type ?? 'notify' })
    return message
  }

  /** The next message that the code under test sends and that was not taken yet: at once, or when it is sent. */
  takeSentMessage(): Promise<FakeSentMessage> {
    return this.#sent.take()
  }

  /**
   * The connection is lost. Resolves once the close was emitted, which for a half-open socket means: never, until it is
   * terminated.
   * @param reason a status code, with Baileys' usual message for it; details; or an error to be reported as it is
   */
  close(reason: FakeCloseReason = 428): Promise<void> {
    return this.#end(closeError(reason))
  }

  /** Baileys wants these creds to be stored. */
  updateCreds(update: Partial<AuthenticationCreds>): void {
    this.ev.emit('creds.update', update)
  }

  /** Baileys stores Signal keys, in a transaction. Resolves when they were committed. */
  writeKeys(data: SignalDataSet): Promise<void> {
    return this.authState.keys.transaction(async () => this.authState.keys.set(data), 'fake')
  }

  /** Baileys makes pre-keys and uploads them, as at the first login (there it is 812 of them). */
  uploadPreKeys(count = 30): Promise<void> {
    const { keys, creds } = this.authState
    const first = creds.nextPreKeyId
    const pairs = Array.from({ length: count }, (_, index) => [String(first + index), fakeKeyPair()] as const)
    return keys.transaction(async () => {
      await keys.set({ 'pre-key': Object.fromEntries(pairs) })
      this.updateCreds({ nextPreKeyId: first + count, firstUnuploadedPreKeyId: first + count })
    }, 'fake')
  }

  /** How many listeners the code under test has on one event, or on all of them. */
  listenerCount(event?: keyof BaileysEventMap): number {
    return this.ev.listenerCount(event, this.#mergeCreds)
  }

  /** This socket, as far as the type goes, as the one of Baileys. */
  asWASocket(): WASocket {
    // A fake has the members that a session and a simple bot use, not the hundred others of a real socket.
    return this as unknown as WASocket
  }

  #listen(): void {
    this.ws.on('error', (error: Error) => void this.#end(new FakeBoom(`WebSocket Error (${error.message})`, { statusCode: 500, data: error })))
    this.ws.on('close', () => void this.#end(new FakeBoom('Connection Terminated', { statusCode: 428 })))
    this.ev.on('creds.update', this.#mergeCreds)
    process.nextTick(() => {
      if (this.user !== undefined) this.ev.buffer()
      this.#update({ connection: 'connecting', receivedPendingNotifications: false, qr: undefined })
    })
  }

  #hear(node: BinaryNode): void {
    if (!this.#ended) this.ws.receiveNode(node)
  }

  #update(update: ConnectionUpdate): void {
    // Baileys emits `qr: undefined`, which its own type forbids under exactOptionalPropertyTypes.
    if (!this.#ended) this.ev.emit('connection.update', update as BaileysEventMap['connection.update'])
  }

  async #end(error: Error | undefined): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.ws.removeAllListeners('close')
    if (!this.ws.isClosed && !this.ws.isClosing) await this.ws.close()
    // Baileys has end handlers to wait for, so the close is never heard before `end` returns.
    await Promise.resolve()
    this.ev.emit('connection.update', { connection: 'close', lastDisconnect: { error, date: new Date() } })
    this.ev.destroy()
    this.#destroyed = true
  }
}

function connectionClosed(): FakeBoom {
  return new FakeBoom('Connection Closed', { statusCode: 428 })
}

function removeDeviceNode(jid: string): BinaryNode {
  return { tag: 'iq', attrs: { type: 'set', xmlns: 'md' }, content: [{ tag: 'remove-companion-device', attrs: { jid, reason: 'user_initiated' } }] }
}

function removesDevice(node: BinaryNode): boolean {
  return Array.isArray(node.content) && node.content.some((child) => child.tag === 'remove-companion-device')
}
