export { WhatsAppServer } from './whatsapp-server.js'
export type { ServerSocketConfig, WhatsAppServerOptions } from './server-options.js'
export type { DeviceKey } from './accounts/account.js'
export type { Target } from './connection/connection-pool.js'
export type { PairingOptions } from './pairing/finish-pairing.js'
export type { DirectLinkOptions, LinkableCreds, LinkableKeyPair, LinkablePreKey, LinkablePublicKey } from './pairing/link-direct.js'
export type { SentMessage } from './phone/send.js'
export type { Kick } from './faults/kick-node.js'
export type { RefusalOptions } from './faults/refusal.js'
export type {
  LinkedDevice, LoginEvent, LogoutEvent, PairingCodeEvent, PhoneMessage, QrEvent, ReceiptEvent, WhatsAppServerEvents,
} from './server-events.js'
export type { DeviceDescription } from './watching/describe.js'
export type { Attempt, AttemptOutcome, LogEntry, LogKind, ServerProblem } from './watching/log-entry.js'
