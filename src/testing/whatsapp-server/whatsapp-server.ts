import { EventEmitter } from 'eventemitter3'
import type { DeviceKey } from './accounts/account.js'
import { encodeServerState } from './accounts/server-state.js'
import { trustRootKey } from './baileys-parts.js'
import type { Target } from './connection/connection-pool.js'
import { toKick, type Kick } from './faults/kick-node.js'
import { clearFaults, planFailures, planFaults } from './faults/plan-faults.js'
import { toRefusal, type RefusalOptions } from './faults/refusal.js'
import { kick, removeDevice, strike } from './faults/strike.js'
import { enterPairingCode } from './pairing/code.js'
import type { PairingOptions } from './pairing/finish-pairing.js'
import { linkDirect, type DirectLinkOptions, type LinkableCreds } from './pairing/link-direct.js'
import type { LinkingOptions } from './pairing/linking-rules.js'
import { scanQr, type Scannable } from './pairing/qr.js'
import { sendRefresh, type RefreshMessage } from './pairing/refresh.js'
import { sendFromPhone, type SentMessage } from './phone/send.js'
import type { LinkedDevice, PhoneMessage, WhatsAppServerEvents } from './server-events.js'
import type { ServerSocketConfig, WhatsAppServerOptions } from './server-options.js'
import { closeServerParts, loadServerParts, makeServerParts, type LoadedParts, type ServerParts } from './server-parts.js'
import { checkDelay } from './timers.js'
import { describeDevice, linkedDevices, type DeviceDescription } from './watching/describe.js'
import { gapsBetween } from './watching/gaps.js'
import type { Attempt, LogEntry, ServerProblem } from './watching/log-entry.js'

const DEFAULT_WAIT_MS = 10_000

/**
 * A WhatsApp server on 127.0.0.1 that real Baileys pairs with, logs in to, and is kicked by. Make one with
 * {@link WhatsAppServer.start}, let the client's process trust it with {@link WhatsAppServer.trust}, and spread
 * {@link WhatsAppServer.socketConfig} into the options of `makeWASocket`.
 *
 * A fault is aimed at a device by its key, such as `491700000001:1`, or at everybody by `'*'`. A key of a device that was
 * never linked is an `Error`, one that is no key a `TypeError`.
 */
export class WhatsAppServer extends EventEmitter<WhatsAppServerEvents> implements AsyncDisposable {
  readonly #parts: ServerParts
  #closing: Promise<void> | null = null

  private constructor(loaded: LoadedParts) {
    super()
    this.#parts = makeServerParts(loaded, this)
  }

  /**
   * Starts a server. Rejects with `BAILEYS_UNSUPPORTED` when Baileys is missing or lacks an export, with an `Error` when `ws`
   * is not installed or the port is taken, and with `RangeError` or `TypeError` for an option that makes no sense.
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
    return { waWebSocketUrl: this.url }
  }

  /** The public half of the key that signs the server's certificate. */
  get rootPublicKey(): Uint8Array {
    return this.#parts.context.keys.root.public
  }

  /**
   * Makes a Baileys module of this process trust this server instead of WhatsApp, and returns what undoes that. Does nothing
   * where Baileys checks no root key (6.7).
   */
  trust(baileys: object): () => void {
    return trustRootKey(baileys, this.rootPublicKey)
  }

  /**
   * Scans the QR code that a client shows, with the phone named; a function is a look at its screen, which shows the latest. A scan waits
   * for the refreshes of the registration. Rejects when the code has expired, is not from this server, or was retired by a refresh (a
   * function is asked for the code that is shown then), when the client ignored the refresh, and when the server was told to refuse.
   */
  async scanQr(qr: Scannable, options: PairingOptions): Promise<LinkedDevice> {
    return scanQr(this.#parts.context, qr, options)
  }

  /** Types the pairing code of a client into the phone that it was asked for. Rejects when it is wrong or not awaited. */
  async enterPairingCode(code: string, options: PairingOptions): Promise<LinkedDevice> {
    return enterPairingCode(this.#parts.context, code, options)
  }

  /** From now on links by other rules than those of `start`: in all that it does for new registrations, scans and requests for codes. */
  changeLinking(changes: LinkingOptions): void {
    this.#parts.context.linking.change(changes)
  }

  /**
   * Tells clients that their registration is refreshed: the one of a device, the one with this number of connection, or all that
   * register or are logged in. Returns to how many.
   */
  sendRefresh(target: Target | number, message: RefreshMessage = {}): number {
    return sendRefresh(this.#parts.context, target, message)
  }

  /** Links a device without a connection, filling fresh credentials (`initAuthCreds()`) in place: for big fleets. */
  linkDirect(creds: LinkableCreds, options: DirectLinkOptions): LinkedDevice {
    return linkDirect(this.#parts.context, creds, options)
  }

  /** The phone's user removes a device: 401 now, and at every later login. */
  removeDevice(deviceKey: DeviceKey): void {
    removeDevice(this.#parts.context, deviceKey)
  }

  /** A phone sends a text to a linked device, which gets it at once or after its next login. */
  async phoneText(phone: string, deviceKey: DeviceKey, text: string): Promise<SentMessage> {
    return sendFromPhone(this.#parts.context, phone, deviceKey, { conversation: text })
  }

  /** As {@link phoneText}, with the fields of a `proto.Message`. */
  async phoneMessage(phone: string, deviceKey: DeviceKey, content: object): Promise<SentMessage> {
    return sendFromPhone(this.#parts.context, phone, deviceKey, content)
  }

  /** Throws clients out with a code, or with any stanza that WhatsApp uses for it. Returns how many were there. */
  kick(target: Target, how: Kick | number): number {
    return kick(this.#parts.context, target, toKick(how))
  }

  /** Cuts TCP without a word: FIN, or RST with `reset`. Returns how many were there. */
  drop(target: Target, { reset = false }: { reset?: boolean } = {}): number {
    return strike(this.#parts.context, target, 'drop', (connection) => connection.drop(reset))
  }

  /** Closes websockets properly, by default with 1000. Returns how many were there. */
  closeClean(target: Target, code = 1000): number {
    return strike(this.#parts.context, target, 'close-clean', (connection) => connection.close(code))
  }

  /** From now on takes every byte of these connections and answers none. Returns how many were there. */
  blackHole(target: Target): number {
    return strike(this.#parts.context, target, 'black-hole', (connection) => connection.swallow())
  }

  /** Refuses new connections for `durationMs`, or until {@link accept} when it is `Infinity`. Open ones stay. */
  async refuse(durationMs: number, options: RefusalOptions = {}): Promise<void> {
    await this.#parts.listener.refuse(durationMs, toRefusal(durationMs, options))
  }

  /** Ends a refusal at once. */
  async accept(): Promise<void> {
    await this.#parts.listener.accept()
  }

  /** Holds back the server's first word of every new handshake by so many milliseconds. */
  delayHandshake(delayMs: number): void {
    planFaults(this.#parts.context, null, { handshakeDelayMs: delayMs })
  }

  /** Never answers the first message of new handshakes. */
  muteHandshake(isOn: boolean): void {
    planFaults(this.#parts.context, null, { muteHandshake: isOn })
  }

  /** Takes TCP connections but never answers the websocket upgrade. */
  muteUpgrade(isOn: boolean): void {
    planFaults(this.#parts.context, null, { muteUpgrade: isOn })
  }

  /** Holds back `<success/>` by so many milliseconds. */
  delayLogin(target: Target, delayMs: number): void {
    planFaults(this.#parts.context, target, { loginDelayMs: delayMs })
  }

  /** Takes logins and answers nothing at all afterwards, not even pings. */
  muteLogin(target: Target, isOn: boolean): void {
    planFaults(this.#parts.context, target, { muteLogin: isOn })
  }

  /** Takes logins and answers everything, but never sends `<success/>`. */
  muteSuccess(target: Target, isOn: boolean): void {
    planFaults(this.#parts.context, target, { muteSuccess: isOn })
  }

  /** Neither acknowledges a logout nor unlinks the device. */
  muteLogout(target: Target, isOn: boolean): void {
    planFaults(this.#parts.context, target, { muteLogout: isOn })
  }

  /** Holds back everything that is sent to devices that are logged in by so many milliseconds; 0 ends it. */
  slow(target: Target, delayMs: number): void {
    planFaults(this.#parts.context, target, { slowMs: delayMs })
  }

  /** Makes the next `count` logins fail, by default with a failure 503; 0 takes that back. */
  failLogins(target: Target, count: number, how: Kick | number = { code: 503, via: 'failure' }): void {
    planFailures(this.#parts.context, target, count, toKick(how))
  }

  /** Takes back every fault that waits to happen and every change of the linking, and ends a refusal. Black holes stay black. */
  async clearFaults(): Promise<void> {
    clearFaults(this.#parts.context)
    await this.accept()
  }

  /** The TCP connections of clients, oldest first: all, or those that were logins of one device. */
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

  /** The keys of all devices that are linked, and not removed. */
  devices(): DeviceKey[] {
    return linkedDevices(this.#parts.context)
  }

  /** What the server knows of a device. */
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

  /** All that happened, oldest first. */
  get log(): readonly LogEntry[] {
    return this.#parts.context.journal.entries
  }

  /** What the server itself could not do. Stays empty unless a client breaks the protocol. */
  get errors(): readonly ServerProblem[] {
    return this.#parts.context.journal.problems
  }

  /** The queries that have no answer of their own, with how often each came; they were answered with an empty result. */
  get unknownQueries(): ReadonlyMap<string, number> {
    return this.#parts.context.journal.unknownQueries
  }

  /** Waits for the next event of this name, by default 10 s. */
  waitFor<Name extends keyof WhatsAppServerEvents>(event: Name, timeoutMs?: number): Promise<WhatsAppServerEvents[Name][0]>
  /** Waits until a condition holds, which is looked at now and after each line of the log, by default 10 s. */
  waitFor(condition: () => boolean, timeoutMs?: number): Promise<void>
  async waitFor(what: keyof WhatsAppServerEvents | (() => boolean), timeoutMs: number = DEFAULT_WAIT_MS): Promise<unknown> {
    checkDelay('timeoutMs', timeoutMs)
    const { waits } = this.#parts.context
    return typeof what === 'function' ? waits.condition(what, timeoutMs) : waits.event(what, timeoutMs)
  }

  /** Everything that outlives a connection, private keys included, as text for the option `state`. */
  exportState(): string {
    return encodeServerState({ keys: this.#parts.context.keys, accounts: this.#parts.context.accounts.all() })
  }

  /** Ends every connection and closes the port; nothing is left behind. Idempotent. What was seen stays readable. */
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
