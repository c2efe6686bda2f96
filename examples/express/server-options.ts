import type { CloseReport, SessionManager } from 'baileys-sessions'
import type { RatesPerMinute } from './access/rates.js'
import type { Tokens } from './access/tokens.js'
import type { StreamLimits } from './live/event-streams.js'
import type { LiveView } from './live/live-view.js'
import type { SimulatedPhones } from './simulation/simulated-phones.js'

/** How long a server may take to close, in milliseconds. */
export const CLOSE_WITHIN_MS = 10_000

/** The options of a server. */
export interface ServerOptions {
  sessions: SessionManager
  /** Reads the tokens that requests carry. */
  tokens: Tokens
  /** On 127.0.0.1; 0 is any free one. TLS, and the world, belong to a proxy in front of it. */
  port: number
  phones?: SimulatedPhones | null
  /** This process's part in a cluster: where the others reach it. Without it, the server answers for all sessions itself. */
  cluster?: { address: string } | null
  rates?: Partial<RatesPerMinute>
  streams?: Partial<StreamLimits>
  /** Gets the errors whose details no client sees. */
  onFailure: (error: unknown) => void
}

/** A listening server. */
export interface RunningServer {
  url: string
  port: number
  live: LiveView
  /** Stops accepting requests, ends the event streams, and closes the manager, within a deadline. Idempotent. */
  close: (options?: { timeoutMs?: number }) => Promise<CloseReport>
}

/** Starts a server, on any framework. */
export type StartServer = (options: ServerOptions) => Promise<RunningServer>
