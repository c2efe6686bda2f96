import type { AccountBook } from './accounts/account-book.js'
import type { BaileysParts } from './baileys-parts.js'
import type { ConnectionPool } from './connection/connection-pool.js'
import type { AccountLimits } from './faults/account-limits.js'
import type { FaultPlan } from './faults/fault-plan.js'
import type { Linking } from './pairing/linking-rules.js'
import type { PendingPairings } from './pairing/pending-pairings.js'
import type { MediaHost } from './media/media-host.js'
import type { PhoneBook } from './phone/phone-book.js'
import type { ServerSettings } from './server-options.js'
import type { Journal } from './watching/journal.js'
import type { Waits } from './watching/wait-for.js'
import type { ServerKeys } from './wire/certificate.js'

/** What the parts of a server share. Each part is a set of functions that take it as their first argument. */
export interface ServerContext {
  readonly settings: ServerSettings
  readonly baileys: BaileysParts
  readonly keys: ServerKeys
  readonly certificateChain: Buffer
  readonly accounts: AccountBook
  readonly connections: ConnectionPool
  readonly pairings: PendingPairings
  readonly phones: PhoneBook
  readonly media: MediaHost
  readonly faults: FaultPlan
  readonly limits: AccountLimits
  readonly linking: Linking
  readonly journal: Journal
  readonly waits: Waits
  /** A fresh id for a stanza of the server's own. */
  nextId(): string
}
