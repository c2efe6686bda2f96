import { readConnectionLoss, type ConnectionLoss } from '../disconnect/connection-loss.js'
import type { DisconnectCause } from '../disconnect/disconnect-cause.js'

/** What a socket tells its session. */
export type ConnectionSignal =
  | { readonly type: 'qr'; readonly qr: string; readonly expiresAt: Date }
  /** WhatsApp asks for a passkey before it links the phone. */
  | { readonly type: 'passkey-required' }
  | { readonly type: 'paired' }
  | { readonly type: 'opened' }
  /** `cause` is given when it was this library that noticed, and not Baileys. */
  | { readonly type: 'closed'; readonly loss: ConnectionLoss; readonly cause?: DisconnectCause }

/** The part of Baileys' `connection.update` that matters here; `qr` may be there and undefined. */
export interface ConnectionUpdate {
  readonly connection?: 'open' | 'connecting' | 'close' | undefined
  readonly lastDisconnect?: unknown
  readonly qr?: string | undefined
}

/** What a `connection.update` says; how long a QR code lives it does not. */
export type ConnectionNews = Extract<ConnectionSignal, { type: 'opened' | 'closed' }> | { readonly type: 'qr'; readonly qr: string }

/** Reads a `connection.update`. `null`: it says nothing that matters here. */
export function readConnectionNews(update: ConnectionUpdate, now: Date): ConnectionNews | null {
  if (update.connection === 'close') return { type: 'closed', loss: readConnectionLoss(update.lastDisconnect, now) }
  if (update.connection === 'open') return { type: 'opened' }
  if (typeof update.qr === 'string' && update.qr !== '') return { type: 'qr', qr: update.qr }
  return null
}
