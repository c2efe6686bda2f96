import type { DeviceKey } from './accounts/account.js'
import type { LogEntry } from './watching/log-entry.js'

/** A registering client was sent the references that it makes its QR codes of. */
export interface QrEvent {
  /** The number of the connection. */
  connection: number
  /** `client` of the URL's query, if it had one. */
  label: string | null
  /** How many QR codes the client can show before it must give up. */
  references: number
}

/** A client asked for a pairing code; the code itself is known only to the client. */
export interface PairingCodeEvent {
  /** The number of the connection. */
  connection: number
  /** The phone that is to enter the code, digits only. */
  phone: string
}

/** A device that is linked to a phone. */
export interface LinkedDevice {
  /** `phone:number`: how this server names the device. */
  deviceKey: DeviceKey
  /** Its phone, digits only. */
  phone: string
  /** Its number, from 1 on. */
  number: number
  /** Its address by phone number. */
  jid: string
  /** Its address by lid. */
  lid: string
}

/** A device logged in: `<success/>` is on its way. */
export interface LoginEvent {
  /** The device. */
  deviceKey: DeviceKey
  /** The number of the connection. */
  connection: number
}

/** A device unlinked itself. */
export interface LogoutEvent {
  /** The device. */
  deviceKey: DeviceKey
}

/** A phone received and decrypted a message. */
export interface PhoneMessage {
  /** The phone that received it. */
  phone: string
  /** The device that sent it. */
  from: DeviceKey
  /** The id that the sender gave it. */
  id: string
  /** Its text, or `null` when it is no plain text. */
  text: string | null
  /** The decoded `proto.Message`. */
  content: Record<string, unknown>
}

/** A device sent a receipt for messages. */
export interface ReceiptEvent {
  /** The device that sent it. */
  from: DeviceKey
  /** The jid it is for. */
  to: string | null
  /** The message it is about. */
  id: string
  /** `delivery`, `read`, `retry`, `hist_sync`, … */
  kind: string
}

/** The events of a `WhatsAppServer`, each with one object. */
export interface WhatsAppServerEvents {
  /** A client can show a QR. */
  qr: [event: QrEvent]
  /** A client asked for a pairing code. */
  'pairing-code': [event: PairingCodeEvent]
  /** A device was linked. */
  paired: [device: LinkedDevice]
  /** A device logged in. */
  login: [event: LoginEvent]
  /** A device unlinked itself. */
  logout: [event: LogoutEvent]
  /** A phone received a message. */
  message: [message: PhoneMessage]
  /** A device sent a receipt. */
  receipt: [event: ReceiptEvent]
  /** Something happened; every line of `server.log` comes by here. */
  log: [entry: LogEntry]
}
