import { EventEmitter } from 'eventemitter3'
import type { DeviceKey } from './accounts/account.js'
import { encodeServerState } from './accounts/server-state.js'
import { trustRootKey } from './baileys-parts.js'
import type { Target } from './connection/connection-pool.js'
import { toKick, type Kick } from './faults/kick-node.js'
import { capMessages, lockReachout, type AccountLimitOptions } from './faults/limit-account.js'
import { clearFaults, planFailures, planFaults } from './faults/plan-faults.js'
import { toRefusal, type RefusalOptions } from './faults/refusal.js'
import { kick, removeDevice, strike } from './faults/strike.js'
import { mediaAgent } from './media/media-agent.js'
import { enterPairingCode } from './pairing/code.js'
import type { PairingOptions } from './pairing/finish-pairing.js'
import { linkDirect, type DirectLinkOptions, type LinkableCreds } from './pairing/link-direct.js'
import type { LinkingOptions } from './pairing/linking-rules.js'
import { scanQr, type Scannable } from './pairing/qr.js'
import { sendRefresh, type RefreshMessage } from './pairing/refresh.js'
import type { SentMessage } from './phone/send.js'
import { AccountPhone } from './phone/account-phone.js'
import type { ServerPhone } from './phone/server-phone.js'
import type { LinkedDevice, PhoneMessage, WhatsAppServerEvents } from './server-events.js'
import type { ServerSocketConfig, WhatsAppServerOptions } from './server-options.js'
import { closeServerParts, loadServerParts, makeServerParts, type LoadedParts, type ServerParts } from './server-parts.js'
import { checkDelay } from './timers.js'
import { describeDevice, linkedDevices, type DeviceDescription } from './watching/describe.js'
import { gapsBetween } from './watching/gaps.js'
import type { Attempt, LogEntry, ServerProblem } from './watching/log-entry.js'

const DEFAULT_WAIT_MS = 10_000

/**
 * A WhatsApp server on 127.0.0.1 that real Baileys can pair with, log in to, and be kicked from. Create one with {@link
 * WhatsAppServer.start}, let the client's process trust it with {@link WhatsAppServer.trust}, and spread {@link
 * WhatsAppServer.socketConfig} into the options of `makeWASocket`.
 *
 * Faults apply to one device by its key, such as `491700000001:1`, or to everybody with `'*'`. The key of a device that was never
 * linked is an `Error`, and something that is not a key is a `TypeError`.
 */
export class WhatsAppServer extends EventEmitter<WhatsAppServerEvents> implements AsyncDisposable {
  readonly #parts: ServerParts
  #closing: Promise<void> | null = null

  private constructor(loaded: LoadedParts) {
    super()
    this.#parts = makeServerParts(loaded, this)
  }

  /**
   * Starts a server. Rejects with `BAILEYS_UNSUPPORTED` if Baileys is missing or lacks an export, with an `Error` if `ws` is not
   * installed or the port is in use, and with `RangeError` or `TypeError` for an invalid option.
   */
  static async start(options: WhatsAppServerOptions = {}): Promise<WhatsAppServer> {
    const server = new WhatsAppServer(await loadServerParts(options))
    await server.#parts.listener.open()
    return server
  }

  /** The port on 127.0.0.1. */
  get port(): number {
    return this.#parts.listener.port
  }

  /** The URL for clients. A query such as `?client=a` labels the attempts and log lines of that client. */
  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws/chat`
  }

  /** What to spread into the options of `makeWASocket`. */
  get socketConfig(): ServerSocketConfig {
    return { waWebSocketUrl: this.url, fetchAgent: mediaAgent(this.port) }
  }

  /** The public half of the key that signs the server's certificate. */
  get rootPublicKey(): Uint8Array {
    return this.#parts.context.keys.root.public
  }

  /**
   * Makes a Baileys module in this process trust this server instead of WhatsApp, and returns a function that undoes it. Does
   * nothing if Baileys checks no root key (6.7).
   */
  trust(baileys: object): () => void {
    return trustRootKey(baileys, this.rootPublicKey)
  }

  /**
   * Scans the QR code that a client shows, with the given phone; if you pass a function, it must return the text that the client
   * shows now. A scan waits for the refreshes of the registration. Rejects if the code has expired, is not from this server, or was
   * retired by a refresh (a function is then called again for the current code), if the client ignored the refresh, and if the
   * server's options refuse the link.
   */
  async scanQr(qr: Scannable, options: PairingOptions): Promise<LinkedDevice> {
    return scanQr(this.#parts.context, qr, options)
  }

  /** Types a client's pairing code on the phone that it was requested for. Rejects if the code is wrong or no client waits for it. */
  async enterPairingCode(code: string, options: PairingOptions): Promise<LinkedDevice> {
    return enterPairingCode(this.#parts.context, code, options)
  }

  /** Links by other rules than those of `start` from now on: for all new registrations, scans and requests for codes. */
  changeLinking(changes: LinkingOptions): void {
    this.#parts.context.linking.change(changes)
  }

  /**
   * Tells clients that their registration is refreshed: that of one device, the connection with this number, or all that are
   * registering or logged in. Returns how many.
   */
  sendRefresh(target: Target | number, message: RefreshMessage = {}): number {
    return sendRefresh(this.#parts.context, target, message)
  }

  /** Links a device without a connection, and fills fresh credentials (`initAuthCreds()`) in place: for large fleets. */
  linkDirect(creds: LinkableCreds, options: DirectLinkOptions): LinkedDevice {
    return linkDirect(this.#parts.context, creds, options)
  }

  /** The phone's user removes a device: 401 now, and at every later login. */
  removeDevice(deviceKey: DeviceKey): void {
    removeDevice(this.#parts.context, deviceKey)
  }

  /** The phone with this number; there is one as soon as you ask for it. Throws `TypeError` for what is no number. */
  phone(number: string): ServerPhone {
    const { context } = this.#parts
    return new AccountPhone(context, context.accounts.account(number))
  }

  /** A phone sends a text to a linked device, which gets it at once or after its next login. */
  async phoneText(phone: string, deviceKey: DeviceKey, text: string): Promise<SentMessage> {
    return this.phone(phone).sendText(deviceKey, text)
  }

  /** As {@link phoneText}, with the fields of a `proto.Message`. */
  async phoneMessage(phone: string, deviceKey: DeviceKey, content: object): Promise<SentMessage> {
    return this.phone(phone).sendMessage(deviceKey, content)
  }

  /** As {@link phoneText}, but damaged on its way: the device cannot decrypt it ("Bad MAC"). */
  async phoneGarbled(phone: string, deviceKey: DeviceKey): Promise<SentMessage> {
    return this.phone(phone).sendGarbled(deviceKey)
  }

  /**
   * Lets the account of this phone start no new chats until then; `null` lifts that. Its devices are told unless `quietly`; a message to an account
   * that it has not written with is refused with 463.
   */
  lockReachout(phone: string, until: Date | null, options: AccountLimitOptions = {}): void {
    lockReachout(this.#parts.context, phone, until, options)
  }

  /** Tells the devices of this phone that the account has used up its messages to new chats until then; `null` lifts that. */
  capMessages(phone: string, until: Date | null, options: AccountLimitOptions = {}): void {
    capMessages(this.#parts.context, phone, until, options)
  }

  /** Disconnects clients with a code, or with any stanza that WhatsApp uses for it. Returns how many there were. */
  kick(target: Target, how: Kick | number): number {
    return kick(this.#parts.context, target, toKick(how))
  }

  /** Cuts the TCP connection without a message: FIN, or RST with `reset`. Returns how many there were. */
  drop(target: Target, { reset = false }: { reset?: boolean } = {}): number {
    return strike(this.#parts.context, target, 'drop', (connection) => connection.drop(reset))
  }

  /** Closes websockets properly, by default with 1000. Returns how many there were. */
  closeClean(target: Target, code = 1000): number {
    return strike(this.#parts.context, target, 'close-clean', (connection) => connection.close(code))
  }

  /** Accepts every byte of these connections from now on, but answers none. Returns how many there were. */
  blackHole(target: Target): number {
    return strike(this.#parts.context, target, 'black-hole', (connection) => connection.swallow())
  }

  /** Refuses new connections for `durationMs`, or until {@link accept} if it is `Infinity`. Open ones stay. */
  async refuse(durationMs: number, options: RefusalOptions = {}): Promise<void> {
    await this.#parts.listener.refuse(durationMs, toRefusal(durationMs, options))
  }

  /** Ends a refusal immediately. */
  async accept(): Promise<void> {
    await this.#parts.listener.accept()
  }

  /** Delays the server's first message of every new handshake by this many milliseconds. */
  delayHandshake(delayMs: number): void {
    planFaults(this.#parts.context, null, { handshakeDelayMs: delayMs })
  }

  /** Never answers the first message of new handshakes. */
  muteHandshake(isOn: boolean): void {
    planFaults(this.#parts.context, null, { muteHandshake: isOn })
  }

  /** Accepts TCP connections but never answers the websocket upgrade. */
  muteUpgrade(isOn: boolean): void {
    planFaults(this.#parts.context, null, { muteUpgrade: isOn })
  }

  /** Delays `<success/>` by this many milliseconds. */
  delayLogin(target: Target, delayMs: number): void {
    planFaults(this.#parts.context, target, { loginDelayMs: delayMs })
  }

  /** Accepts logins, but answers nothing afterwards, not even pings. */
  muteLogin(target: Target, isOn: boolean): void {
    planFaults(this.#parts.context, target, { muteLogin: isOn })
  }

  /** Accepts logins and answers everything, but never sends `<success/>`. */
  muteSuccess(target: Target, isOn: boolean): void {
    planFaults(this.#parts.context, target, { muteSuccess: isOn })
  }

  /** Neither acknowledges a logout nor unlinks the device. */
  muteLogout(target: Target, isOn: boolean): void {
    planFaults(this.#parts.context, target, { muteLogout: isOn })
  }

  /** Delays everything that is sent to logged-in devices by this many milliseconds; 0 ends it. */
  slow(target: Target, delayMs: number): void {
    planFaults(this.#parts.context, target, { slowMs: delayMs })
  }

  /** Makes the next `count` logins fail, by default with a failure 503; 0 cancels that. */
  failLogins(target: Target, count: number, how: Kick | number = { code: 503, via: 'failure' }): void {
    planFailures(this.#parts.context, target, count, toKick(how))
  }

  /** Cancels every planned fault and every change of the linking, and ends a refusal. Connections that no longer get answers stay that way. */
  async clearFaults(): Promise<void> {
    clearFaults(this.#parts.context)
    await this.accept()
  }

  /** The TCP connections of clients, oldest first: all, or the logins of one device. */
  attempts(deviceKey?: DeviceKey): Attempt[] {
    const isWanted = (attempt: Attempt): boolean => deviceKey === undefined || (attempt.purpose === 'login' && attempt.deviceKey === deviceKey)
    return this.#parts.context.journal.attempts.filter(isWanted).map((attempt) => ({ ...attempt }))
  }

  /** The connections on which clients registered, to be paired. */
  registrations(): Attempt[] {
    return this.attempts().filter(({ purpose }) => purpose === 'registration')
  }

  /** Milliseconds between the starts of consecutive attempts: all, or those of one device. */
  gaps(deviceKey?: DeviceKey): number[] {
    return gapsBetween(this.attempts(deviceKey))
  }

  /** How often a device has logged in. */
  logins(deviceKey: DeviceKey): number {
    return this.attempts(deviceKey).filter(({ outcome }) => outcome === 'success').length
  }

  /** The messages that phones received and decrypted, oldest first: all, or those of one phone. */
  messages(phone?: string): PhoneMessage[] {
    return this.#parts.context.journal.messages.filter((message) => phone === undefined || message.phone === phone)
  }

  /** The keys of all devices that are linked and were not removed. */
  devices(): DeviceKey[] {
    return linkedDevices(this.#parts.context)
  }

  /** What the server knows about a device. */
  device(deviceKey: DeviceKey): DeviceDescription {
    return describeDevice(this.#parts.context, deviceKey)
  }

  /** Whether a device is logged in right now. */
  isOnline(deviceKey: DeviceKey): boolean {
    return this.#parts.context.connections.online(deviceKey) !== undefined
  }

  /** How many websockets are open, in any phase. */
  get openConnections(): number {
    return this.#parts.context.connections.size
  }

  /** Everything that happened, oldest first. */
  get log(): readonly LogEntry[] {
    return this.#parts.context.journal.entries
  }

  /** Errors of the server itself. Empty unless a client breaks the protocol. */
  get errors(): readonly ServerProblem[] {
    return this.#parts.context.journal.problems
  }

  /** The queries that the server does not know, with how often each came; it answered them with an empty result. */
  get unknownQueries(): ReadonlyMap<string, number> {
    return this.#parts.context.journal.unknownQueries
  }

  /** Waits for the next event of this name, for 10 s by default. */
  waitFor<Name extends keyof WhatsAppServerEvents>(event: Name, timeoutMs?: number): Promise<WhatsAppServerEvents[Name][0]>
  /** Waits until a condition holds, for 10 s by default. Checks it now and after each line of the log. */
  waitFor(condition: () => boolean, timeoutMs?: number): Promise<void>
  async waitFor(what: keyof WhatsAppServerEvents | (() => boolean), timeoutMs: number = DEFAULT_WAIT_MS): Promise<unknown> {
    checkDelay('timeoutMs', timeoutMs)
    const { waits } = this.#parts.context
    return typeof what === 'function' ? waits.condition(what, timeoutMs) : waits.event(what, timeoutMs)
  }

  /** Everything that outlives a connection, including private keys, as text for the option `state`. */
  exportState(): string {
    const { keys, accounts, media } = this.#parts.context
    return encodeServerState({ keys, accounts: accounts.all(), media: media.files })
  }

  /** Ends every connection and closes the port; nothing is left behind. Idempotent. What the server recorded stays readable. */
  async close(): Promise<void> {
    this.#closing ??= closeServerParts(this.#parts).then(() => {
      this.removeAllListeners()
    })
    return this.#closing
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
