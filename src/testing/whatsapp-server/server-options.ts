import type { Agent } from 'node:https'
import type { LinkingOptions } from './pairing/linking-rules.js'

/** Options of `WhatsAppServer.start`. */
export interface WhatsAppServerOptions extends LinkingOptions {
  /** The port on 127.0.0.1. Default 0: any free port. */
  port?: number
  /** What `exportState()` returned: the server starts with those keys, accounts and queued messages. */
  state?: string
  /** The Baileys module whose protocol code the server uses. Default `await import('@whiskeysockets/baileys')`. */
  baileys?: object
  /** How many QR codes a registering client can show. Default 6. */
  qrReferences?: number
  /** Whether to send edge routing data after the login, which clients store and send back. Default true. */
  edgeRouting?: boolean
  /** Whether to list the phone itself (device 0) among the devices of an account. Default true. */
  listPhone?: boolean
  /**
   * Whether the phone sends its app state key and an empty history to a device that was paired by QR or code, at its first login,
   * as a real one does. Without them, Baileys holds back messages for up to 20 s after that login (6.7: forever). Default true.
   */
  firstSync?: boolean
}

/** What a client needs to find a server: a part of Baileys' socket options. */
export interface ServerSocketConfig {
  /** The address to dial. */
  waWebSocketUrl: string
  /** Brings uploads of media to the server: Baileys makes them over HTTPS only, and this agent leaves out TLS. */
  fetchAgent: Agent
}

/** The options with their defaults. */
export interface ServerSettings {
  readonly port: number
  readonly qrReferences: number
  readonly edgeRouting: boolean
  readonly listPhone: boolean
  readonly firstSync: boolean
}

/** Fills in the defaults. Throws `RangeError` for a value out of range. */
export function toSettings(options: WhatsAppServerOptions): ServerSettings {
  const { port = 0, qrReferences = 6, edgeRouting = true, listPhone = true, firstSync = true } = options
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RangeError(`port must be a whole number from 0 to 65535, got ${port}`)
  if (!Number.isInteger(qrReferences) || qrReferences < 1 || qrReferences > 100) {
    throw new RangeError(`qrReferences must be a whole number from 1 to 100, got ${qrReferences}`)
  }
  return { port, qrReferences, edgeRouting, listPhone, firstSync }
}
